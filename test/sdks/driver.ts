// The TypeScript SDK for the proof: reads commands, one a line, and answers them in their order. See `protocol.ts`.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Command, Outcome } from "./protocol.ts";

// The SDK is called by names that come as data, as every driver calls its own.
// oxlint-disable-next-line typescript/no-explicit-any
type Free = any;

const { ChatbotPlatform, toNodeHandler } = await import(process.argv[2] ?? "@chatbot-platform/sdk");
const camel = (name: string) =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
let backend: Server | undefined;

async function act(command: Command): Promise<Outcome> {
  const [pauses, log, steps]: [number[], string[], number[]] = [[], [], []];
  const note = (line: string, more = "") => log.push(line + more);
  try {
    const client = new ChatbotPlatform({
      baseUrl: command.client.base_url,
      apiKey: command.client.api_key,
      timeoutMs: command.client.timeout_ms,
      maxRetries: command.client.max_retries,
      logLevel: command.client.log,
      headers: command.client.headers,
      webhookSecret: command.client.webhook_secret,
      logger: { warn: note, info: note, debug: note },
      ...command.client.own,
    });
    const { pause } = client;
    client.pause = (ms: number, signal?: AbortSignal) => {
      pauses.push(ms);
      return pause.call(client, Math.min(ms, 20), signal);
    };
    const done = await doAs(command, start(client, command, steps));
    return { ...done, pauses, log, steps };
  } catch (thrown) {
    return { error: shown(thrown), pauses, log, steps };
  }
}

function start(
  client: Free,
  { call, args = [], params, options = {} }: Command,
  steps: number[],
): Free {
  const { abort_ms } = options;
  const ending = new AbortController();
  if (abort_ms === 0) ending.abort();
  else if (abort_ms !== undefined) setTimeout(() => ending.abort(), abort_ms);
  const given = {
    idempotencyKey: options.idempotency_key,
    timeoutMs: options.timeout_ms,
    maxRetries: options.max_retries,
    headers: options.headers,
    query: options.query,
    body: options.body,
    signal: abort_ms === undefined ? undefined : ending.signal,
  };
  const { body, headers, secret, tolerance_seconds, id, timestamp } = params ?? {};
  const [resource = "", method = ""] = call.split(".").map(camel);
  switch (call) {
    case "request":
      return client.request(args[0], args[1], { ...params, options: given });
    case "webhooks.unwrap":
    case "webhooks.verify":
      return client.webhooks[method](body, headers, {
        secret,
        toleranceSeconds: tolerance_seconds,
      });
    case "webhooks.sign":
      return client.webhooks.sign(body, { secret, id, timestamp });
    case "agent_loops.run_and_wait":
    case "executions.wait": {
      const waiting = {
        ...given,
        cancelOnTimeout: options.cancel_on_timeout,
        onStep: options.steps ? (step: Free) => steps.push(step.number) : undefined,
      };
      return client[resource][method](...args, ...(params ? [params] : []), waiting);
    }
    case "executions.watch":
      return allOf(client.executions.watch(...args, given));
    case "backend.start":
      return startBackend(client, params as Free);
    case "backend.stop":
      return new Promise((done) => backend?.close(() => done(null)));
    default:
      return client[resource][method](...args, ...(params ? [params] : []), given);
  }
}

async function doAs(
  { as = "value", limit }: Command,
  call: Free,
): Promise<Pick<Outcome, "value" | "response">> {
  switch (as) {
    case "value": {
      const value = await call;
      return { value: value ?? null };
    }
    case "page": {
      const page = await call;
      return { value: { data: page.data, meta: page.meta, has_next_page: page.hasNextPage() } };
    }
    case "items":
      return { value: limit === undefined ? await allOf(call) : await call.toArray({ limit }) };
    case "response": {
      const { data, response, request_id } = await call.withResponse();
      return {
        value: data,
        response: {
          status: response.status,
          headers: Object.fromEntries(response.headers),
          request_id,
        },
      };
    }
  }
}

async function allOf(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
}

async function startBackend(client: Free, { secret, reply, fails, unsendable }: Free) {
  const handler = client.createBackend(secret, () => {
    if (unsendable) return { content: "", metadata: { big: 1n } };
    if (fails) throw new Error("The backend of the proof fails.");
    return reply ?? null;
  });
  backend = createServer(toNodeHandler(handler)).listen(0, "127.0.0.1");
  await once(backend, "listening");
  return { url: `http://127.0.0.1:${(backend.address() as AddressInfo).port}` };
}

function shown(thrown: Free): NonNullable<Outcome["error"]> {
  const { constructor, message, status, code, request_id, details, retry_after } = thrown;
  return { class: constructor.name, message, status, code, request_id, details, retry_after };
}

let rest = "";
for await (const text of process.stdin.setEncoding("utf8")) {
  const lines = (rest + String(text)).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    // Commands have this form.
    process.stdout.write(`${JSON.stringify(await act(JSON.parse(line) as Command))}\n`);
  }
}
process.exit(0);
