import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import { notPublic } from "./guarded-lookup.ts";
import {
  networkError,
  notHttp,
  OutboundError,
  timeoutError,
  type CallPhase,
} from "./outbound-error.ts";
import { isPublicAddress } from "./public-address.ts";

/** What came back, whatever its status: a redirect is not followed and comes back as it is. */
export interface OutboundResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The body as UTF-8. */
  readonly text: () => string;
}

/** A call whose URL and headers have been looked at. */
export interface Call {
  /** As the people of the team know it. */
  readonly host: string;
  readonly options: https.RequestOptions;
  readonly body: string | Uint8Array | undefined;
  readonly timeout_ms: number;
  readonly max_bytes: number;
  readonly signal: AbortSignal | undefined;
  readonly anyAddress: boolean;
}

/** A kept connection ended before a byte of an answer came over it: most likely it was closed while it lay idle. */
export class StaleConnectionError extends Error {}

// Not what Node calls a reused socket: that is false for a request that waited for its connection to become free.
const established = new WeakSet<Socket>();
const utf8 = new TextDecoder();

/**
 * Sends one request over one connection and reads the whole answer. Rejects with `OutboundError` or, on a connection
 * that was used before, with `StaleConnectionError`.
 */
export function exchange(
  call: Call,
  agent: http.Agent,
  leftMs = call.timeout_ms,
): Promise<OutboundResponse> {
  const { host, options, signal } = call;
  const secure = options.protocol === "https:";

  return new Promise((resolve, reject) => {
    let phase: CallPhase = "connecting";
    let reused = false;
    let silent = true;

    if (signal?.aborted) return reject(stopped(host));
    let request: http.ClientRequest;
    try {
      request = (secure ? https : http).request({ ...options, agent });
    } catch (error) {
      // Node refuses line breaks and characters beyond Latin-1; its message would be about our call of Node.
      const message = `The request to ${host} has a header that cannot be sent.`;
      return reject(new OutboundError("not_allowed", message, error));
    }

    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    };
    const fail = (error: Error) => {
      end();
      reject(error);
      request.destroy();
    };
    const stop = () => fail(stopped(host));
    const timer = setTimeout(() => fail(timeoutError(host, phase, call.timeout_ms)), leftMs);
    signal?.addEventListener("abort", stop, { once: true });

    request.on("socket", (socket: Socket) => {
      const check = () => {
        // No address: it is closed already, and nothing can be sent over it.
        const peer = socket.remoteAddress;
        if (!call.anyAddress && peer !== undefined && !isPublicAddress(peer)) {
          fail(notPublic(host));
        }
      };
      // Before the listeners of TLS and HTTP, which write.
      if (socket.connecting) socket.prependOnceListener("connect", check);
      else check();

      reused = established.has(socket);
      if (reused) {
        phase = "waiting";
        socket.once("data", () => (silent = false));
      } else {
        socket.once(secure ? "secureConnect" : "connect", () => {
          phase = "waiting";
          established.add(socket);
        });
      }
    });

    request.on("error", (error: NodeJS.ErrnoException) => {
      const cut = error.code === "ECONNRESET" || error.code === "EPIPE";
      const stale = cut && silent && reused;
      fail(stale ? new StaleConnectionError() : networkError(host, phase, error));
    });

    request.on("response", (response) => {
      phase = "reading";
      const received = new Growing(call.max_bytes);
      response.on("data", (chunk: Uint8Array) => {
        if (!received.add(chunk)) fail(tooLarge(host, call.max_bytes));
      });
      response.on("error", (error) => fail(networkError(host, phase, error)));
      response.on("end", () => {
        end();
        const body = received.bytes();
        resolve({
          status: response.statusCode ?? 0,
          headers: flat(response.headers),
          body,
          text: () => utf8.decode(body),
        });
        // Answered before it has read what we sent: this connection cannot be used again.
        if (!request.writableFinished) request.destroy();
      });
    });

    // We never ask for it; without a listener Node would take it for an answer.
    request.on("upgrade", (_, socket) => {
      socket.destroy();
      fail(notHttp(host));
    });

    // As bytes: Node would write the headers in the encoding of a text, and theirs is Latin-1.
    request.end(typeof call.body === "string" ? Buffer.from(call.body) : call.body);
  });
}

/** Not a list of chunks: a server that sends single bytes would make us hold a hundred times what it sent. */
class Growing {
  private held = Buffer.alloc(0);
  private size = 0;
  private readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  /** False when it does not fit. */
  add(chunk: Uint8Array): boolean {
    const size = this.size + chunk.length;
    if (size > this.max) return false;
    if (size > this.held.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.max, Math.max(size, 2 * this.held.length)));
      larger.set(this.bytes());
      this.held = larger;
    }
    this.held.set(chunk, this.size);
    this.size = size;
    return true;
  }

  bytes(): Buffer {
    return this.held.subarray(0, this.size);
  }
}

const stopped = (host: string) => new OutboundError("aborted", `The call to ${host} was stopped.`);

const tooLarge = (host: string, maxBytes: number) =>
  new OutboundError("too_large", `The answer of ${host} is larger than ${bytes(maxBytes)}.`);

function bytes(count: number): string {
  if (count % 1_048_576 === 0) return `${count / 1_048_576} MiB`;
  if (count % 1_024 === 0) return `${count / 1_024} KiB`;
  return `${count} bytes`;
}

const flat = (headers: http.IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
