import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import {
  type CallToolResult,
  createMcpHandler,
  type ListToolsResult,
  Server,
  type Tool,
} from "@modelcontextprotocol/server";
import type { Answer, BackendRequest } from "#test/support/fake-backend";

/** `@modelcontextprotocol/server-everything` in a process of its own. */
export interface EverythingServer {
  readonly url: string;
  readonly port: number;
  /** Ends the process and waits for that. */
  readonly stop: () => Promise<void>;
}

// The server would listen on every address of the machine, and does not tell which port the system chose.
const loopbackOnly = `
  import net from "node:net";
  const listen = net.Server.prototype.listen;
  net.Server.prototype.listen = function (port, ...others) {
    this.once("listening", () => process.send(this.address().port));
    return listen.call(this, { host: "127.0.0.1", port: Number(process.env.PORT) }, ...others);
  };
`;

/** Starts the protocol's reference server, which speaks the older revisions with sessions. Port 0 is any free one. */
export async function startEverything(port = 0): Promise<EverythingServer> {
  const main = createRequire(import.meta.url).resolve(
    "@modelcontextprotocol/server-everything/dist/index.js",
  );
  const preload = `data:text/javascript,${encodeURIComponent(loopbackOnly)}`;
  const child: ChildProcess = spawn(
    process.execPath,
    ["--import", preload, main, "streamableHttp"],
    // One of its tools tells its environment.
    { env: { PORT: String(port) }, stdio: ["ignore", "ignore", "pipe", "ipc"] },
  );
  const said: string[] = [];
  child.stderr?.on("data", (chunk) => said.push(String(chunk)));
  const ended = once(child, "exit");
  const first = await Promise.race([
    once(child, "message"),
    ended.then(() => Promise.reject(new Error(`The server did not start: ${said.join("")}`))),
  ]);
  const chosen = Number(first[0]);
  return {
    url: `http://127.0.0.1:${chosen}/mcp`,
    port: chosen,
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** What a small MCP server has and does. */
export interface McpPlan {
  readonly tools: readonly (Partial<Tool> & { readonly name: string })[];
  readonly call?: (
    name: string,
    args: Readonly<Record<string, unknown>>,
  ) => CallToolResult | Promise<CallToolResult>;
  /** Tools on one page of the list; all when left out. */
  readonly perPage?: number;
  readonly ttlMs?: number;
  /** Serves only the revision 2026-07-28 when `reject`. */
  readonly legacy?: "stateless" | "reject";
}

/** Makes a backend an MCP server of the current revision, built with the official package. */
export function mcpAnswer({
  tools,
  call = () => ({ content: [{ type: "text", text: "done" }] }),
  perPage = 10_000,
  ttlMs,
  legacy = "reject",
}: McpPlan): Answer {
  const all: Tool[] = tools.map((tool) => ({ inputSchema: { type: "object" }, ...tool }));
  const handler = createMcpHandler(
    () => {
      const server = new Server(
        { name: "small", version: "1" },
        {
          capabilities: { tools: {} },
          ...(ttlMs === undefined ? {} : { cacheHints: { "tools/list": { ttlMs } } }),
        },
      );
      server.setRequestHandler("tools/list", ({ params }): ListToolsResult => {
        const from = Number(params?.cursor ?? 0);
        const to = from + perPage;
        return {
          tools: all.slice(from, to),
          ...(to < all.length ? { nextCursor: String(to) } : {}),
        };
      });
      server.setRequestHandler("tools/call", ({ params }) =>
        call(params.name, params.arguments ?? {}),
      );
      return server;
    },
    { legacy },
  );
  return async (request, response) => {
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value));
    const answer = await handler.fetch(
      new Request(`http://127.0.0.1${request.path}`, {
        method: request.method,
        headers,
        ...(request.body === "" ? {} : { body: request.body }),
      }),
    );
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
}

/** What an older server answers to one method: a result, or the whole answer. */
export type OlderReply = { readonly result: unknown } | { readonly answer: Answer };

/** One message of JSON-RPC that a client sent. */
export interface RpcMessage {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: unknown };
}

/** Reads what a client sent. */
export const messageIn = ({ body }: BackendRequest): RpcMessage =>
  body === "" ? {} : (JSON.parse(body) as RpcMessage);

/**
 * Makes a backend an MCP server as people write them by hand, before the revision 2026-07-28: without a session, and
 * with whatever a test puts in the place of an answer.
 */
export function olderServer(
  replies: Readonly<Record<string, (message: RpcMessage) => OlderReply>> = {},
): Answer {
  const known: typeof replies = {
    initialize: () => ({
      result: { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: {} },
    }),
    "tools/list": () => ({
      result: { tools: [{ name: "send", inputSchema: { type: "object" } }] },
    }),
    "tools/call": ({ params }) => ({
      result: { content: [{ type: "text", text: `${params?.name} is done` }] },
    }),
    ...replies,
  };
  return async (request, response, alive) => {
    const message = messageIn(request);
    const reply = known[message.method ?? ""]?.(message);
    const { id } = message;
    if (reply && "answer" in reply) return reply.answer(request, response, alive);
    if (request.method !== "POST") return void response.writeHead(405).end();
    if (id === undefined || message.method === undefined) return void response.writeHead(202).end();
    const error = { code: -32_601, message: "Method not found" };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, ...(reply ?? { error }) }));
  };
}

/** Answers with a stream of these messages, and ends it unless it is left open. */
export const streamed =
  (messages: readonly unknown[], { isLeftOpen = false, event = "message" } = {}): Answer =>
  (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const message of messages) {
      response.write(`event: ${event}\ndata: ${JSON.stringify(message)}\n\n`);
    }
    if (!isLeftOpen) response.end();
  };
