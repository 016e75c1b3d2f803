import { OutboundError } from "../outbound/outbound-error.ts";
import type { OutboundResponse } from "../outbound/read-answer.ts";
import { cut, masked, oneLine } from "../outbound/shown-words.ts";
import { type Fields, fieldsOf } from "../schema/json-fields.ts";
import type { AdapterDeps } from "./adapter.ts";
import type { Refusal } from "./failure.ts";

/** One call to the API of a platform. */
interface PlatformCall {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, with the content type that stands in the headers. */
  readonly body?: string | Uint8Array;
}

/** What a platform said. */
export interface PlatformAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
  /** Those of the body; none when it is no object. */
  readonly fields: Fields;
}

const timeoutMs = 15_000;
const mostBytes = 1_048_576;

/** Calls a platform once and never again: a call whose answer was lost may have been obeyed. */
export async function callPlatform(
  { fetch, signal }: AdapterDeps,
  { method, url, headers = {}, json, body }: PlatformCall,
): Promise<{ readonly ok: true; readonly answer: PlatformAnswer } | Refusal> {
  try {
    const response = await fetch(url, {
      method,
      headers: {
        ...(json !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      body: json === undefined ? body : JSON.stringify(json),
      timeout_ms: timeoutMs,
      max_bytes: mostBytes,
      signal,
    });
    const read = parsed(response);
    return { ok: true, answer: { ...response, json: read, fields: fieldsOf(read) } };
  } catch (error) {
    return unanswered(error, signal);
  }
}

/** What it means that no answer came. Throws what is no failure of the network. */
export function unanswered(error: unknown, signal: AbortSignal): Refusal {
  if (signal.aborted) throw signal.reason;
  if (!(error instanceof OutboundError)) throw error;
  const isOurs = error.code === "not_allowed";
  return {
    ok: false,
    class: isOurs ? "configuration" : "retry",
    code: error.code,
    message: error.message,
  };
}

/** That what a platform, by its name, answered cannot be read. */
export const unreadable = (name: string): Refusal => ({
  ok: false,
  class: "retry",
  code: "unreadable",
  message: `${name} sent something that cannot be read.`,
});

function parsed(response: OutboundResponse): unknown {
  try {
    return JSON.parse(response.text());
  } catch {
    return undefined;
  }
}

/** What a platform said, as one line that may be shown: without the secrets, however they are written. */
export const shownWords = (words: string, secrets: readonly string[]): string =>
  cut(masked(oneLine(words), secrets.flatMap(writtenForms)).toWellFormed(), 300);

const writtenForms = (secret: string) => {
  const bytes = Buffer.from(secret);
  const base64 = bytes.toString("base64").replaceAll("=", "");
  return [
    secret,
    encodeURIComponent(secret),
    base64,
    bytes.toString("base64url"),
    bytes.toString("hex"),
  ];
};
