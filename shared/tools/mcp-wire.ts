import { setTimeout as sleep } from "node:timers/promises";
import { OutboundError } from "../outbound/outbound-error.ts";
import type { OutboundHead, OutboundResponse } from "../outbound/read-answer.ts";
import type { SafeFetch } from "../outbound/safe-fetch.ts";
import { parseExactly } from "../schema/exact-json.ts";
import { type Fields, fieldsOf, isFields } from "../schema/json-fields.ts";
import { hasMoreParts } from "../schema/nesting.ts";
import { closeMs } from "./call-limits.ts";
import { type Agreed, type McpFailures, mcpFailuresOf } from "./mcp-failure.ts";
import { createMcpPlace } from "./mcp-place.ts";
import { createServerEventReader } from "./server-events.ts";
import type { McpServer } from "./tool-box.ts";

/** What goes with one request. */
export interface McpRequest {
  readonly signal: AbortSignal;
  readonly timeout_ms: number;
  readonly max_bytes: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether it is of the modern revision. */
  readonly isModern?: boolean;
}

/** JSON-RPC with one server over Streamable HTTP, with the session and the cookies that it gave. */
export interface McpWire {
  readonly failures: McpFailures;
  /** Resolves to the result, whatever it is. Throws `McpFailure`, or the signal's reason. */
  readonly request: (method: string, params: Fields, how: McpRequest) => Promise<unknown>;
  /** Never throws: nobody waits for what comes of it. */
  readonly notify: (
    method: string,
    how: Omit<McpRequest, "signal"> & { readonly signal?: AbortSignal },
    params?: Fields,
  ) => Promise<void>;
  /** Goes with every request from now on. */
  readonly setVersion: (version: string) => void;
  /** Whether the URL serves the older transport, which begins with a GET. */
  readonly isOlderTransport: (signal: AbortSignal) => Promise<boolean>;
  /** Ends the session, if there is one; never throws. */
  readonly close: () => Promise<void>;
  /** How many bytes the last answer had. */
  readonly lastBytes: () => number;
}

/** Said of a server whose URL serves what Streamable HTTP took the place of. */
export const olderTransport =
  "speaks the older transport of MCP (HTTP with SSE), not Streamable HTTP. Its URL for that often ends in /mcp.";
const sideMs = 5_000;
/** A server may ask things while it works; more than this is no work. */
const mostAsked = 100;
const mostFailedResumes = 3;
/** The most lists and objects of one message. */
const mostParts = 1_000_000;

/** Makes the wire to a server. `onListChanged` is told when the server says that its tools are others now. */
export function createMcpWire(
  { url, headers: own }: McpServer,
  {
    fetch,
    timeout_ms,
    onListChanged,
  }: {
    readonly fetch: SafeFetch;
    /** What is said of a server that does not answer. */
    readonly timeout_ms: number;
    readonly onListChanged: () => void;
  },
): McpWire {
  const failures = mcpFailuresOf(URL.parse(url)?.host ?? "", Object.values(own), timeout_ms);
  const { send, cookie } = createMcpPlace(url, fetch);
  let session: string | undefined;
  let version: string | undefined;
  let lastId = 0;
  let lastBytes = 0;

  const headersOf = (more: Readonly<Record<string, string>> = {}): Record<string, string> => {
    const sent: Record<string, string> = {};
    for (const [name, value] of Object.entries(own)) sent[name.toLowerCase()] = value;
    const given = cookie();
    if (given !== "") sent["cookie"] = sent["cookie"] ? `${sent["cookie"]}; ${given}` : given;
    if (session !== undefined) sent["mcp-session-id"] = session;
    if (version !== undefined) sent["mcp-protocol-version"] = version;
    return { ...sent, accept: "application/json, text/event-stream", ...more };
  };

  const post = (message: Fields, how: Parameters<McpWire["notify"]>[1], more: object = {}) =>
    send({
      method: "POST",
      body: JSON.stringify(message),
      ...how,
      headers: headersOf({ "content-type": "application/json", ...how.headers }),
      ...more,
    });

  /** What a server asks while it works: it is there, and there is nobody to ask. */
  const reply = (id: unknown, method: string, signal: AbortSignal) => {
    const said =
      method === "ping"
        ? { result: {} }
        : { error: { code: -32_601, message: `An agent loop has nobody who answers ${method}.` } };
    const how = { signal, timeout_ms: sideMs, max_bytes: 65_536 };
    post({ jsonrpc: "2.0", id, ...said }, how, { enough_bytes: 1 }).catch(() => undefined);
  };

  /** Reads messages of the server until the answer to a request is among them. */
  const answerTo = (id: number, method: string, signal: AbortSignal) => {
    let found: Fields | undefined;
    let asked = 0;
    let isOlder = false;
    const read = (message: unknown, isOnly: boolean) => {
      if (found || !isFields(message)) return;
      const { id: itsId = null, method: asks } = message;
      if (typeof asks === "string") {
        if (asks === "notifications/tools/list_changed") onListChanged();
        else if (itsId !== null && asked++ < mostAsked) reply(itsId, asks, signal);
      } else if ("result" in message || isGiven(message["error"])) {
        // Some give it back as a text.
        const isIts = itsId === id || itsId === String(id);
        if (isIts || (isOnly && itsId === null)) found = message;
      }
    };
    const events = createServerEventReader(({ event, data }) => {
      if (event === "endpoint") isOlder = true;
      else if (data !== "") readText(data);
    });
    const readText = (text: string) => {
      if (hasMoreParts(text, mostParts)) return;
      let parsed: unknown;
      try {
        // A result goes to a model, which must see the ids that it asked for.
        parsed = method === "tools/call" ? parseExactly(text) : JSON.parse(text);
      } catch {
        return;
      }
      if (Array.isArray(parsed)) for (const one of parsed) read(one, false);
      else read(parsed, true);
    };
    return {
      events,
      readText,
      found: () => found,
      isOlder: () => isOlder,
      onData: (chunk: Uint8Array, head: OutboundHead) => {
        if (!isStream(head)) return undefined;
        events.push(chunk);
        return found || isOlder ? ("enough" as const) : undefined;
      },
    };
  };
  type Reading = ReturnType<typeof answerTo>;

  /** The stream has ended before it had the answer, and the server said how to ask for the rest. */
  const resume = async (reading: Reading, { signal, timeout_ms, max_bytes }: McpRequest) => {
    let failed = 0;
    while (!reading.found() && failed < mostFailedResumes) {
      const id = reading.events.lastId();
      if (id === undefined) return;
      await sleep(Math.min(Math.max(reading.events.retryMs() ?? 500, 100), 5_000), undefined, {
        signal,
      });
      const asked = await send({
        method: "GET",
        headers: headersOf({ accept: "text/event-stream", "last-event-id": id }),
        signal,
        timeout_ms,
        max_bytes,
        onData: reading.onData,
      }).catch((error: unknown) => {
        // It would be no smaller the next time.
        if (error instanceof OutboundError && error.code === "too_large") throw error;
      });
      signal.throwIfAborted();
      lastBytes += asked?.body.length ?? 0;
      if (asked) reading.events.end();
      else reading.events.drop();
      if (asked?.status !== 200) failed += 1;
    }
  };

  const messageOf = async (
    answer: OutboundResponse,
    reading: Reading,
    how: McpRequest,
    agreed: Agreed,
  ): Promise<Fields> => {
    const { status, body, text } = answer;
    lastBytes += body.length;
    if (!isStream(answer) && startsLikeStream(body)) reading.events.push(body);
    reading.events.end();
    if (!reading.found()) reading.readText(text());
    if (reading.isOlder()) throw failures.said(olderTransport);
    if (!reading.found() && status < 300 && isStream(answer)) await resume(reading, how);
    const found = reading.found();
    if (status >= 300) throw failures.refused(answer, agreed);
    if (!found) {
      if (body.length === 0 || status === 202 || isStream(answer)) {
        throw failures.said("took the request and gave no answer.", { isUncertain: true });
      }
      throw failures.foreign(answer);
    }
    return found;
  };

  /** The connection broke; where the stream has said how to ask for its rest, that may bring the answer. */
  const afterBreak = async (error: unknown, reading: Reading, how: McpRequest) => {
    reading.events.drop();
    if (error instanceof OutboundError && error.code === "network") await resume(reading, how);
    if (!reading.found()) throw error;
  };

  const notify: McpWire["notify"] = async (method, how, params) => {
    const limited = { ...how, timeout_ms: Math.min(how.timeout_ms, sideMs) };
    const message = { jsonrpc: "2.0", method, ...(params && { params }) };
    await post(message, limited, { enough_bytes: 1 }).catch(() => undefined);
  };

  return {
    failures,
    request: async (method, params, how) => {
      const { signal } = how;
      const id = ++lastId;
      const agreed = how.isModern ? "modern" : session === undefined ? "nothing" : "session";
      const reading = answerTo(id, method, signal);
      lastBytes = 0;
      try {
        const answer = await post({ jsonrpc: "2.0", id, method, params }, how, {
          onData: reading.onData,
        }).catch((error: unknown) => afterBreak(error, reading, how));
        const { error, result } = answer
          ? await messageOf(answer, reading, how, agreed)
          : fieldsOf(reading.found());
        if (isGiven(error)) throw failures.error(error, agreed);
        // Only then: who greets anew has no session.
        if (method === "initialize") session = answer?.headers["mcp-session-id"];
        return result;
      } catch (error) {
        // In the modern revision the end of the connection says it.
        if (method === "tools/call" && !how.isModern && isOurEnd(error, signal)) {
          const beside = { timeout_ms: closeMs, max_bytes: 65_536 };
          void notify("notifications/cancelled", beside, { requestId: id });
        }
        if (signal.aborted) throw isTimeout(signal.reason) ? failures.timeout() : signal.reason;
        if (!(error instanceof OutboundError)) throw error;
        throw error.code === "timeout" ? failures.timeout() : failures.network(error);
      }
    },
    notify,
    setVersion: (agreed) => {
      version = agreed;
    },
    isOlderTransport: async (signal) => {
      let isOlder = false;
      const events = createServerEventReader(({ event }) => (isOlder ||= event === "endpoint"));
      await send({
        method: "GET",
        headers: headersOf({ accept: "text/event-stream" }),
        signal,
        timeout_ms: sideMs,
        max_bytes: 65_536,
        onData: (chunk, head) => {
          if (!isStream(head)) return "enough";
          events.push(chunk);
          return isOlder ? "enough" : undefined;
        },
      }).catch(() => undefined);
      return isOlder;
    },
    close: async () => {
      if (session === undefined) return;
      const headers = headersOf();
      session = undefined;
      await send({
        method: "DELETE",
        headers,
        timeout_ms: closeMs,
        max_bytes: 65_536,
        enough_bytes: 1,
      }).catch(() => undefined);
    },
    lastBytes: () => lastBytes,
  };
}

const isGiven = (value: unknown) => value !== undefined && value !== null;

const isStream = ({ headers }: OutboundHead) =>
  /^\s*text\/event-stream\b/i.test(headers["content-type"] ?? "");

/** Some send a stream under another content type. */
const startsLikeStream = (body: Uint8Array) =>
  /^\s*(?:event|data|id|retry):|^:/.test(Buffer.from(body.subarray(0, 100)).toString());

/** Whether it is no longer waited for, and the server may still be at it. */
const isOurEnd = (error: unknown, signal: AbortSignal) =>
  signal.aborted || (error instanceof OutboundError && error.code === "timeout");

const isTimeout = (reason: unknown) =>
  reason instanceof DOMException && reason.name === "TimeoutError";
