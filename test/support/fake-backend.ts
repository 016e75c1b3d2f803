import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach } from "@jest/globals";

/** A request that came in. */
export interface BackendRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** Counts from 1: the same number, the same connection. */
  readonly connection: number;
}

/** What a backend does with one request. `alive` is aborted when the backend closes. */
export type Answer = (
  request: BackendRequest,
  response: http.ServerResponse,
  alive: AbortSignal,
) => void | Promise<void>;

/** A server on 127.0.0.1 that stands for the `webhook` backend or endpoint of a team. */
export interface FakeBackend {
  /** Without a slash at the end. */
  readonly url: string;
  /** Every request so far, whose body arrived whole. */
  readonly requests: BackendRequest[];
  /** Gives one answer to each of the next requests, the last one to all that follow. At first: `answers.echo()`. */
  answer(...answers: readonly [Answer, ...Answer[]]): void;
  /** Resolves when that many requests have arrived since the start. */
  received(count: number): Promise<void>;
  /** Cuts all connections and stops listening; a second time does nothing. */
  close(): Promise<void>;
}

/** A backend that is another before each test and gives these answers; called at the top of a file or a `describe`. */
export function useFakeBackend(...planned: readonly Answer[]): FakeBackend {
  // What stands in it comes before each test: nothing reads it earlier.
  const backend = {} as FakeBackend;
  beforeEach(async () => {
    const started = await startFakeBackend();
    const [first, ...others] = planned;
    if (first) started.answer(first, ...others);
    Object.assign(backend, started);
  });
  afterEach(() => backend.close());
  return backend;
}

/** Starts a backend, on a free port unless told; with a key and a certificate it speaks HTTPS. */
export async function startFakeBackend(
  tls?: { readonly key: string; readonly cert: string },
  at = 0,
): Promise<FakeBackend> {
  const requests: BackendRequest[] = [];
  const connections = new Map<Socket, number>();
  const waiting = new Set<{ count: number; done: () => void }>();
  const alive = new AbortController();
  let planned: readonly [Answer, ...Answer[]] = [answers.echo()];

  const respond = async (incoming: http.IncomingMessage, response: http.ServerResponse) => {
    const chunks: Uint8Array[] = [];
    // Without an encoding chunks are bytes.
    for await (const chunk of incoming) chunks.push(chunk as Uint8Array);
    const request: BackendRequest = {
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString(),
      connection: connections.get(incoming.socket) ?? 0,
    };
    requests.push(request);
    const [answer, second, ...rest] = planned;
    if (second) planned = [second, ...rest];
    for (const waiter of waiting) if (requests.length >= waiter.count) waiter.done();
    await answer(request, response, alive.signal);
  };
  const listener: http.RequestListener = (incoming, response) => {
    // The client went away, or the backend closed: there is nobody to tell.
    respond(incoming, response).catch(() => incoming.socket.destroy());
  };

  const server = tls ? https.createServer(tls, listener) : http.createServer(listener);
  server.on(tls ? "secureConnection" : "connection", (socket: Socket) =>
    connections.set(socket, connections.size + 1),
  );
  server.listen(at, "127.0.0.1");
  await once(server, "listening");
  // A server that listens on a port has an address of this shape.
  const { port } = server.address() as AddressInfo;

  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    requests,
    answer: (...given) => {
      planned = given;
    },
    received: (count) =>
      new Promise((done) => {
        if (requests.length >= count) done();
        else waiting.add({ count, done });
      }),
    close: async () => {
      if (!server.listening) return;
      alive.abort();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const json = (response: http.ServerResponse, value: unknown, status = 200, headers = {}) => {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(value));
};

/** The answers a backend can be told to give, good and bad. */
export const answers = {
  json:
    (value: unknown, { status = 200, headers = {} } = {}): Answer =>
    (_, response) =>
      json(response, value, status, headers),

  /** Says back the content of the last user message. */
  echo: (): Answer => (request, response) => {
    // What is no such request becomes an answer without content, which is a failure too.
    const { messages } = readJson(request.body) as {
      messages?: { role: string; content: unknown }[];
    };
    json(response, { content: messages?.findLast(({ role }) => role === "user")?.content });
  },

  status:
    (status: number, headers: http.OutgoingHttpHeaders = {}): Answer =>
    (_, response) => {
      response.writeHead(status, headers).end();
    },

  html:
    (html: string, status = 200): Answer =>
    (_, response) => {
      response.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end(html);
    },

  /** Says that it is JSON, whatever it is. */
  text:
    (text: string): Answer =>
    (_, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end(text);
    },

  bytes:
    (bytes: Uint8Array, type = "application/octet-stream"): Answer =>
    (_, response) => {
      response.writeHead(200, { "content-type": type }).end(bytes);
    },

  redirect:
    (location: string, status = 302): Answer =>
    (_, response) => {
      response.writeHead(status, { location }).end();
    },

  /** Gives the other answer after a while. */
  delayed:
    (delay_ms: number, answer: Answer): Answer =>
    async (request, response, alive) => {
      await sleep(delay_ms, undefined, { signal: alive });
      await answer(request, response, alive);
    },

  /** Takes the request and never says a word. */
  hang: (): Answer => () => {},

  /** The same, and calls back when the caller has left. */
  hangUntil:
    (left: () => void): Answer =>
    (_, response) => {
      response.once("close", left);
    },

  /** Sends the headers and then a byte at a time. */
  slowBody:
    ({ text, every_ms }: { readonly text: string; readonly every_ms: number }): Answer =>
    async (_, response, alive) => {
      response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
      for (const byte of Buffer.from(text)) {
        await sleep(every_ms, undefined, { signal: alive });
        response.write(Uint8Array.of(byte));
      }
      response.end();
    },

  /** Sends as fast as it is read, until the other side has had enough or that much is sent. */
  endlessBody:
    (bytes = Infinity, chunk = Buffer.alloc(65_536, "x")): Answer =>
    async (_, response) => {
      const closed = once(response, "close");
      response.writeHead(200, { "content-type": "application/json" });
      for (let sent = 0; sent < bytes && !response.destroyed; sent += chunk.length) {
        if (!response.write(chunk)) await Promise.race([closed, once(response, "drain")]);
      }
      response.end();
    },

  /** Ends its side of the connection without an answer. */
  endBeforeHeaders: (): Answer => (_, response) => {
    response.socket?.end();
  },

  /** Cuts the connection without an answer. */
  resetBeforeHeaders: (): Answer => (_, response) => {
    response.socket?.resetAndDestroy();
  },

  /** Announces 100 bytes, sends 10 and ends its side of the connection. */
  endAfterHeaders: (): Answer => (_, response) => {
    response.writeHead(200, { "content-length": 100 }).write("0123456789", () => {
      response.socket?.end();
    });
  },

  /** Announces 100 bytes, sends 10 and cuts the connection. */
  resetAfterHeaders: (): Answer => (_, response) => {
    response.writeHead(200, { "content-length": 100 }).write("0123456789", () => {
      response.socket?.resetAndDestroy();
    });
  },

  /** Writes bytes as they are, HTTP or not, and ends its side of the connection. */
  raw:
    (bytes: string | Uint8Array): Answer =>
    (_, response) => {
      response.socket?.end(bytes);
    },
};

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** An answer that is not given before it is released. */
export function held(answer: Answer): { readonly answer: Answer; readonly release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    release: resolve,
    answer: async (request, response, alive) => {
      await promise;
      await answer(request, response, alive);
    },
  };
}
