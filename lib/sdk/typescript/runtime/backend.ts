import { WebhookVerificationError } from "./errors.ts";
import type { BackendReply, BackendRequest } from "./types.ts";
import { keysOf, type Secrets, verify } from "./webhooks.ts";

const maxBytes = 1024 * 1024;

/** Answers requests: what `fetch` handlers of Deno, Bun, Workers, Hono and others are. */
export type FetchHandler = (request: Request) => Promise<Response>;

/** What is done with an error of the handler, beside answering 500 so that the bot's fallback steps in. */
export interface BackendOptions {
  readonly onError?: ((error: unknown) => void | Promise<void>) | undefined;
}

/**
 * Makes a backend of a bot: it lets in what the platform has signed, and answers with what `answer` makes. Throws at once
 * where there is no secret.
 */
export function createBackend(
  secrets: Secrets,
  answer: (turn: BackendRequest, request: Request) => BackendReply | Promise<BackendReply>,
  { onError }: BackendOptions = {},
): FetchHandler {
  keysOf(secrets);
  return async (request) => {
    const body = await readBody(request);
    if (!body) return refuse(413, "The body is larger than 1 MiB.");
    try {
      await verify(body, request.headers, secrets);
    } catch (error) {
      if (error instanceof WebhookVerificationError) return refuse(401, error.message);
      throw error;
    }
    let turn: BackendRequest;
    try {
      turn = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as BackendRequest;
    } catch {
      return refuse(400, "The body is not JSON.");
    }
    try {
      const reply = await answer(turn, request);
      if (!reply) throw new TypeError("The backend gave no reply.");
      return Response.json(reply);
    } catch (error) {
      await onError?.(error);
      return refuse(500, failed);
    }
  };
}

const failed = "The backend failed.";
const refuse = (status: number, message: string) =>
  Response.json({ error: { message } }, { status });

async function readBody({ body }: Request): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  // What is left of it is cancelled.
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    // What comes with a request is in memory of its own.
    chunks.push(chunk as Uint8Array<ArrayBuffer>);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** What Node's `http` calls a request and a response, as far as it is needed. */
interface NodeRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}
interface NodeResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: Uint8Array): unknown;
}

/**
 * Lets a fetch handler answer for Node's `createServer`, Express or Fastify. What the handler throws is answered with 500 and
 * printed.
 */
export const toNodeHandler =
  (handler: FetchHandler) =>
  async (incoming: NodeRequest, outgoing: NodeResponse): Promise<void> => {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    try {
      for await (const chunk of incoming) {
        // One chunk beyond the limit is enough to be refused.
        if (length <= maxBytes) chunks.push(chunk.slice());
        length += chunk.length;
      }
    } catch {
      // Whoever asked has gone.
      return;
    }
    let response: Response;
    let body: ArrayBuffer;
    try {
      response = await answerTo(handler, incoming, new Blob(chunks));
      body = await response.arrayBuffer();
    } catch (error) {
      // Thrown, it would end the process.
      // oxlint-disable-next-line no-console
      console.error(error);
      response = refuse(500, failed);
      body = await response.arrayBuffer();
    }
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(new Uint8Array(body));
  };

/** What is none of a fetch handler's, such as TRACE or a target without a host, is refused: thrown, it would end the process. */
function answerTo(
  handler: FetchHandler,
  { method = "GET", url = "/", headers: given }: NodeRequest,
  content: Blob,
): Response | Promise<Response> {
  let request: Request;
  try {
    const headers = new Headers();
    for (const [name, value] of Object.entries(given)) {
      if (value !== undefined) headers.set(name, String(value));
    }
    const hasBody = method !== "GET" && method !== "HEAD";
    const body = hasBody ? { body: content } : {};
    request = new Request(new URL(url, "http://backend"), { method, headers, ...body });
  } catch {
    return refuse(400, "The request cannot be read.");
  }
  return handler(request);
}
