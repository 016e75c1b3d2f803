import type { OutboundResponse } from "../outbound/read-answer.ts";
import { plainNumber, retryAfterMs } from "../outbound/retry-after.ts";
import type { ModelAnswer } from "./call-model.ts";
import type { Exchange } from "./one-exchange.ts";

type Failure = Extract<ModelAnswer, { ok: false }>;

const maxLength = 500;
const maxWords = 300;

/**
 * Tells what a call without a usable answer came to, from what went over the wire; undefined when nothing did. The
 * message is at most 500 characters long; every one of `secrets` that stands in it is masked.
 */
export function failureOf(
  { host, answer, error }: Exchange,
  { secrets, now }: { readonly secrets: readonly string[]; readonly now: number },
): Failure | undefined {
  if (error) {
    const retryable = error.code === "timeout" || error.code === "network";
    return failure(masked(error.message, secrets), retryable);
  }
  if (!answer) return undefined;
  // Before anything is cut: half a secret would not be found.
  const said = sentence(host, answer, (words) => cut(masked(oneLine(words), secrets), maxWords));
  return mayPass(answer) ? failure(said, true, askedPause(answer.headers, now)) : failure(said);
}

/** A failure that a sentence tells. */
export const failure = (message: string, retryable = false, retry_after_ms?: number): Failure => ({
  ok: false,
  retryable,
  retry_after_ms,
  message: cut(message.toWellFormed(), maxLength),
});

function mayPass({ status, text }: OutboundResponse): boolean {
  if (status < 300) {
    // Gateways that had begun to answer put the vendor's status into the body.
    const { code } = errorIn(parsed(text()));
    return typeof code === "number" && mayPassLater(code);
  }
  return mayPassLater(status);
}

const mayPassLater = (status: number) => status === 408 || status === 429 || status >= 500;

function sentence(
  host: string,
  { status, headers, text }: OutboundResponse,
  shown: (words: string) => string,
): string {
  const body = text().trim();
  const isOk = status < 300;
  const answered = isOk ? `${host} answered` : `${host} answered with status ${status}`;
  if (status >= 300 && status < 400) {
    return `${answered}, a redirect, which is not followed: base_url must be the final address.`;
  }
  const { words } = errorIn(parsed(body));
  if (words !== undefined) return `${answered}: ${shown(words)}`;
  if (body === "") return isOk ? `${answered} with nothing.` : `${answered}.`;
  if (body.startsWith("<") || /\bhtml\b/.test(headers["content-type"] ?? "")) {
    return isOk
      ? `${answered} with a web page instead of JSON: base_url may be wrong.`
      : `${answered} and a web page.`;
  }
  if (parsed(body) === undefined) {
    const kind = isOk ? " with something that is not JSON" : "";
    return `${answered}${kind}: ${shown(body)}`;
  }
  return isOk ? `${answered} with JSON that is no answer of a model.` : `${answered}.`;
}

/** What is wrong in a vendor's own words: `{error: {message}}`, `{message}`, `{error}`, `{detail}`, `[{error}]`. */
function errorIn(
  body: unknown,
  depth = 0,
): { readonly words?: string | undefined; readonly code?: unknown } {
  if (typeof body === "string") return { words: body };
  if (typeof body !== "object" || body === null || depth > 4) return {};
  if (Array.isArray(body)) return errorIn(body[0], depth + 1);
  const { error, message, Message, detail, msg, code } = body as Record<string, unknown>;
  if (typeof error === "object" && error !== null) return errorIn(error, depth + 1);
  const text = [message, Message, error, detail, msg].find((words) => isWords(words));
  if (isWords(text)) return { words: text, code };
  return detail === undefined ? {} : errorIn(detail, depth + 1);
}

const isWords = (value: unknown): value is string =>
  typeof value === "string" && value.trim() !== "";

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As `retry-after-ms` (OpenAI) or `Retry-After` asks. */
function askedPause(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const ms = plainNumber(headers["retry-after-ms"] ?? "");
  return ms === undefined ? retryAfterMs(headers["retry-after"], now) : Math.ceil(ms);
}

/** A text without secrets and without their parts, such as the token after `Bearer`, of at least 8 characters. */
export const masked = (text: string, secrets: readonly string[]) =>
  secrets
    .flatMap((secret) => [secret, ...secret.split(/\s+/)])
    .filter(({ length }) => length >= 8)
    .sort((a, b) => b.length - a.length)
    .reduce((shown, secret) => shown.replaceAll(secret, "••••"), text);

/** A text without line breaks and control characters. */
export const oneLine = (text: string) => text.replace(/[\s\p{Cc}]+/gu, " ").trim();

/** The first characters of a text, the last of them … where something is left out. */
export function cut(text: string, max: number): string {
  const characters = Array.from(text);
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join("")}…`;
}
