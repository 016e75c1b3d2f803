import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { apiOf } from "../api.ts";
import { answerAll } from "./program.ts";

/** Executions to run; without a loop it only tells where its model and its tool are. */
export interface ExecutionsLoad {
  readonly url: string;
  readonly key: string;
  /** Its user message is `{{task}}`. */
  readonly loopId: string | undefined;
  readonly tool: "time" | "http";
  /** So many are under way at once. */
  readonly clients: number;
  readonly executions: number;
  /** Calls of the tool in each execution: it has twice as many steps and one more. */
  readonly toolCalls: number;
}

/** What came of them. */
export interface ExecutionsResult {
  readonly modelUrl: string;
  readonly seconds: number;
  /** From the request that runs the loop to the first call of the model. */
  readonly firsts_ms: readonly number[];
  /** From an answer of the model, with one call of a tool, to the next call of the model; the tool's own time is not in it. */
  readonly rounds_ms: readonly number[];
  readonly ids: readonly string[];
}

/** One execution, as the model and the tool see it. */
interface Seen {
  readonly toolCalls: number;
  readonly tool: ExecutionsLoad["tool"];
  readonly sentAt: number;
  answeredAt: number;
  toolMs: number;
  readonly ended: () => void;
}

const seen = new Map<string, Seen>();
let firsts: number[] = [];
let rounds: number[] = [];
let runs = 0;

const send = (response: ServerResponse, body: unknown) => {
  const text = Buffer.from(JSON.stringify(body));
  response.writeHead(200, { "content-type": "application/json", "content-length": text.length });
  response.end(text);
};

interface ModelRequest {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

/** Answers as a server with OpenAI's chat completions does: calls the tool so often, then says that it is done. */
function answerModel(arrivedAt: number, body: string, response: ServerResponse): void {
  // The platform's own requests.
  const { messages } = JSON.parse(body) as ModelRequest;
  const task = String(messages.find(({ role }) => role === "user")?.content);
  const execution = seen.get(task);
  if (!execution) throw new Error(`The model knows no task ${task}.`);
  const { toolCalls, tool, sentAt, ended } = execution;
  const answered = messages.filter(({ role }) => role === "assistant").length;
  if (answered === 0) firsts.push(arrivedAt - sentAt);
  else rounds.push(arrivedAt - execution.answeredAt - execution.toolMs);
  const isLast = answered === toolCalls;
  const given = { method: "POST", url: `${modelUrl()}/tool`, body: task };
  const call = {
    id: `call_${answered}`,
    type: "function",
    function:
      tool === "time"
        ? { name: "time_today", arguments: "{}" }
        : { name: "http_request", arguments: JSON.stringify(given) },
  };
  execution.toolMs = 0;
  send(response, {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_795_000_000,
    model: "bench",
    choices: [
      {
        index: 0,
        message: isLast
          ? { role: "assistant", content: "Done." }
          : { role: "assistant", content: null, tool_calls: [call] },
        finish_reason: isLast ? "stop" : "tool_calls",
      },
    ],
    usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
  });
  execution.answeredAt = performance.now();
  if (isLast) {
    seen.delete(task);
    ended();
  }
}

const server = createServer((request, response) => {
  const arrivedAt = performance.now();
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks).toString();
    if (request.url !== "/tool") return answerModel(arrivedAt, body, response);
    send(response, { ok: true });
    const execution = seen.get(body);
    if (execution) execution.toolMs = performance.now() - arrivedAt;
  });
});
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1");
await once(server, "listening");
const modelUrl = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function load(wanted: ExecutionsLoad): Promise<ExecutionsResult> {
  const { url, key, loopId, tool, clients, executions, toolCalls } = wanted;
  [firsts, rounds] = [[], []];
  const api = apiOf(url, key);
  const ids: string[] = [];
  const run = ++runs;
  let begun = 0;
  const start = performance.now();
  const client = async () => {
    while (loopId !== undefined && begun < executions) {
      const task = `Task ${run}.${++begun}`;
      const { promise, resolve: ended } = Promise.withResolvers<void>();
      const sentAt = performance.now();
      seen.set(task, { toolCalls, tool, sentAt, answeredAt: 0, toolMs: 0, ended });
      const path = `/v1/agent-loops/${loopId}/run`;
      const { data } = await api("POST", path, { variables: { task } });
      ids.push(data.id);
      await promise;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const seconds = (performance.now() - start) / 1000;
  return { modelUrl: modelUrl(), seconds, firsts_ms: firsts, rounds_ms: rounds, ids };
}

answerAll(load);
