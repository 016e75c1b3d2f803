import * as http from "node:http";
import * as https from "node:https";
import type { Socket, TcpNetConnectOpts } from "node:net";
import { inPieces } from "../runtime/in-pieces.ts";
import { systemTimer } from "../runtime/timers.ts";
import type { CallSlot } from "./call-slots.ts";
import { notPublic } from "./guarded-lookup.ts";
import {
  type CallPhase,
  networkError,
  notHttp,
  OutboundError,
  timeoutError,
} from "./outbound-error.ts";
import { isPublicAddress } from "./public-address.ts";
import {
  type AnswerLimits,
  type IncomingAnswer,
  type OutboundResponse,
  readAnswer,
} from "./read-answer.ts";

/** A call whose URL and headers have been looked at. */
export interface Call extends AnswerLimits {
  readonly options: https.RequestOptions &
    Pick<TcpNetConnectOpts, "autoSelectFamilyAttemptTimeout">;
  readonly body: string | Uint8Array | undefined;
  readonly timeout_ms: number;
  readonly signal: AbortSignal | undefined;
  readonly anyAddress: boolean;
}

/** A kept connection ended before a byte of an answer came over it: most likely it was closed while it lay idle. */
export class StaleConnectionError extends Error {}

// Not what Node calls a reused socket: that is false for a request that waited for its connection to become free.
const established = new WeakSet<Socket>();
/** How long the first bytes of a body are waited for when the status alone says it all. */
const enoughMs = 1_000;
/** Bytes of a body that are sent as one. */
const mostAtOnce = 1_048_576;

/**
 * Sends one request over one connection and reads the answer, all of it or as much as is enough. Rejects with
 * `OutboundError` or, on a connection that was used before, with `StaleConnectionError`.
 */
export function exchange(
  call: Call,
  { takeRoom }: Pick<CallSlot, "takeRoom">,
  agent: http.Agent,
  leftMs: number,
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

    let answer: IncomingAnswer | undefined;
    const end = () => {
      cancel();
      signal?.removeEventListener("abort", stop);
      answer?.stop();
    };
    const fail = (error: Error) => {
      end();
      reject(error);
      request.destroy();
    };
    const finish = () => {
      end();
      if (answer) resolve(answer.soFar());
      // Not read to its end, or answered before it has read what we sent: this connection cannot be used again.
      if (!answer?.isWhole() || !request.writableFinished) request.destroy();
    };
    // Who has what is enough does not mind how the rest comes.
    const broken = (error: Error) =>
      answer && call.enough_bytes !== undefined ? finish() : fail(error);
    const stop = () => fail(stopped(host));
    let cancel = systemTimer(leftMs, () =>
      fail(answer?.isHeld() ? notRead(host) : timeoutError(host, phase, call.timeout_ms)),
    );
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
      // What breaks behind a whole answer, such as more bytes than it has, takes nothing from it.
      if (answer?.isWhole()) return;
      const cut = error.code === "ECONNRESET" || error.code === "EPIPE";
      const stale = cut && silent && reused;
      broken(stale ? new StaleConnectionError() : networkError(host, phase, error));
    });

    request.on("response", (response) => {
      phase = "reading";
      answer = readAnswer(response, call, { finish, fail: broken, takeRoom });
      if (call.enough_bytes === undefined) return;
      cancel();
      cancel = systemTimer(Math.min(enoughMs, leftMs), finish);
    });

    // We never ask for it; without a listener Node would take it for an answer.
    request.on("upgrade", (_, socket) => {
      socket.destroy();
      fail(notHttp(host));
    });

    // As bytes: Node would write the headers in the encoding of a text, and theirs is Latin-1.
    const body = typeof call.body === "string" ? Buffer.from(call.body) : call.body;
    if (body && body.byteLength > mostAtOnce) inPieces(body).pipe(request);
    else request.end(body);
  });
}

const stopped = (host: string) => new OutboundError("aborted", `The call to ${host} was stopped.`);

const notRead = (host: string) =>
  new OutboundError(
    "timeout",
    `The answer of ${host} could not be read in time: other large answers are being read.`,
  );
