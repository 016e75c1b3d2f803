import * as http from "node:http";
import * as https from "node:https";
import { createCallSlots } from "./call-slots.ts";
import { type Call, exchange, StaleConnectionError } from "./exchange.ts";
import { guardedLookup } from "./guarded-lookup.ts";
import { createAnyLookup, createPublicLookup, type Lookup } from "./look-up.ts";
import { mostHeaderBytes, OutboundError } from "./outbound-error.ts";
import type { OutboundHead, OutboundResponse } from "./read-answer.ts";
import { bareHost, readOutboundUrl } from "./url-rules.ts";

/** What is sent. Headers that belong to the connection (`Host`, `Content-Length`, …) are ours and dropped here. */
export interface OutboundRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** For all of it: look-up, connection, waiting and reading. */
  readonly timeout_ms: number;
  /** Of the answer's body, packed and unpacked. */
  readonly max_bytes: number;
  /**
   * For who needs no more than the status and so many bytes of the body: with these the answer is there. What of them
   * has not come a second after the headers is not waited for, and how the rest comes does not matter.
   */
  readonly enough_bytes?: number;
  /** For who needs no more than so many bytes of the body and its end: what is beyond goes by `onData`, and is not kept. */
  readonly kept_bytes?: number;
  /** For who has made sure that there is room for all of it. */
  readonly has_room?: boolean;
  /** Gets what comes of the body as soon as it comes. `enough` ends the answer there. */
  readonly onData?: (chunk: Uint8Array, head: OutboundHead) => "enough" | void;
  readonly signal?: AbortSignal;
}

/** Calls a server that a person named. Throws `OutboundError`, and nothing else, when no whole answer came. */
export type SafeFetch = (url: string, request: OutboundRequest) => Promise<OutboundResponse>;

const mebibyte = 1_048_576;
/**
 * A team may have more calls open at once for one purpose than it has places. Sockets are not bounded beside that: teams would
 * wait for each other.
 */
const most = { calls: 256, bytes: 32 * mebibyte, bytesOfAll: 128 * mebibyte };
/**
 * Node gives a connection up before it tries the next address. Its 250 ms are too few for the other end of the world, and
 * for a first packet that was lost, which is sent again after a second.
 */
const mostPerAddressMs = 2_000;
const keptAlive = { keepAlive: true, maxFreeSockets: 32, timeout: 4_000 };

const ofTheConnection = new Set(
  (
    "accept-encoding connection content-length expect host keep-alive proxy-authorization " +
    "proxy-connection te trailer transfer-encoding upgrade"
  ).split(" "),
);
const idempotentMethods = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/**
 * Makes a fetch for URLs that people give us: HTTPS and public addresses only, checked on the literal, on every
 * address that the name resolves to when we connect, and on the peer that we are connected to; no redirects; bounded
 * time and bytes. `allowPrivate`, asked at each call, admits `http:` and every address.
 */
export function createSafeFetch({
  allowPrivate,
  lookup,
}: {
  readonly allowPrivate: () => boolean;
  readonly lookup?: Lookup;
}): SafeFetch {
  const anyAddressLookup = guardedLookup(lookup ?? createAnyLookup(), { anyAddress: true });
  const publicLookup = guardedLookup(lookup ?? createPublicLookup(), { anyAddress: false });
  const plain = { kept: new http.Agent(keptAlive), fresh: new http.Agent() };
  const secure = { kept: new https.Agent(keptAlive), fresh: new https.Agent() };
  const openSlot = createCallSlots(most);

  const send = async (call: Call, mayBeKept: boolean): Promise<OutboundResponse> => {
    const started = performance.now();
    const left = () => call.timeout_ms - (performance.now() - started);
    const agents = call.options.protocol === "https:" ? secure : plain;
    const slot = await openSlot(call.host, call);
    try {
      // The other side may close a kept connection while our request is on its way. Whether it was read then cannot be
      // known (RFC 9110 section 9.2.2), so only what may arrive twice travels on kept connections.
      if (!mayBeKept) return await exchange(call, slot, agents.fresh, left());
      try {
        return await exchange(call, slot, agents.kept, left());
      } catch (error) {
        if (!(error instanceof StaleConnectionError)) throw error;
        return await exchange(call, slot, agents.fresh, left());
      }
    } finally {
      slot.close();
    }
  };

  return async (text, request) => {
    const anyAddress = allowPrivate();
    const read = readOutboundUrl(text, { allowPrivate: anyAddress });
    if ("problem" in read) throw new OutboundError("not_allowed", read.problem);

    const { url } = read;
    const { timeout_ms, max_bytes, enough_bytes, kept_bytes, has_room } = request;
    const { onData, signal, body } = request;
    const method = request.method.toUpperCase();
    const headers = headersOf(method, request);
    const call: Call = {
      host: url.host,
      anyAddress,
      body,
      timeout_ms,
      max_bytes,
      enough_bytes,
      kept_bytes,
      has_room,
      onData,
      signal,
      options: {
        protocol: url.protocol,
        hostname: bareHost(url),
        port: url.port,
        path: url.pathname + url.search,
        lookup: anyAddress ? anyAddressLookup : publicLookup,
        autoSelectFamilyAttemptTimeout: Math.ceil(Math.min(mostPerAddressMs, timeout_ms / 4)),
        method,
        headers,
        maxHeaderSize: mostHeaderBytes,
      },
    };

    return send(call, mayArriveTwice(method, headers));
  };
}

function headersOf(method: string, { headers, body }: OutboundRequest): Record<string, string> {
  const sent: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (!ofTheConnection.has(lower)) sent[lower] = value;
  }
  sent["accept-encoding"] = "identity";
  // Firewalls and many public APIs refuse who does not say who calls, or what is taken.
  sent["user-agent"] ??= "ChatbotPlatform/1.0";
  sent["accept"] ??= "*/*";
  if (body !== undefined || method === "POST" || method === "PUT" || method === "PATCH") {
    sent["content-length"] = String(body === undefined ? 0 : Buffer.byteLength(body));
  }
  return sent;
}

const mayArriveTwice = (method: string, headers: Readonly<Record<string, string>>) =>
  idempotentMethods.has(method) || "webhook-id" in headers || "idempotency-key" in headers;
