import { explained } from "../outbound/explained-error.ts";
import { failureCodes } from "../outbound/outbound-error.ts";
import type { OutboundResponse } from "../outbound/read-answer.ts";
import { plainNumber, retryAfterMs } from "../outbound/retry-after.ts";
import { cut, masked, shownWords } from "../outbound/shown-words.ts";
import { firstUnits } from "../runtime/first-units.ts";
import { fieldsOf, isFields } from "../schema/json-fields.ts";
import { hasMoreParts, isTooDeep } from "../schema/nesting.ts";
import type { ModelAnswer, ModelFailureCode } from "./call-model.ts";
import type { Exchange } from "./one-exchange.ts";
import { readJson } from "./wire-answer.ts";

type Failure = Extract<ModelAnswer, { ok: false }>;

const maxLength = 500;
const maxWords = 300;

/**
 * Tells what a call without a usable answer came to, from what went over the wire; undefined when nothing did. The
 * message is at most 500 characters long; every one of `secrets` that stands in it is masked.
 */
export function failureOf(
  { host, answer, error, json, problem }: Exchange,
  { secrets, now }: { readonly secrets: readonly string[]; readonly now: number },
): Failure | undefined {
  if (error) {
    const retryable = error.code === "timeout" || error.code === "network";
    return failure(failureCodes[error.code], masked(explained(error), secrets), { retryable });
  }
  if (!answer) return undefined;
  const shown = (words: string) => shownWords(words, secrets, maxWords);
  const said = sentence(host, answer, { json, problem }, shown);
  const { status } = answer;
  const code = status < 300 ? "invalid_response" : "http_error";
  return mayPass(answer, { json, problem })
    ? failure(code, said, {
        status,
        retryable: true,
        retry_after_ms: askedPause(answer, now),
      })
    : failure(code, said, { status });
}

/** A failure that a sentence tells. */
export const failure = (
  code: ModelFailureCode,
  message: string,
  {
    status = null,
    retryable = false,
    retry_after_ms,
  }: Partial<Pick<Failure, "status" | "retryable" | "retry_after_ms">> = {},
): Failure => ({
  ok: false,
  code,
  status,
  retryable,
  retry_after_ms,
  message: cut(message.toWellFormed(), maxLength),
});

type Read = Pick<Exchange, "json" | "problem">;

function mayPass({ status }: OutboundResponse, { json, problem }: Read): boolean {
  if (status >= 300) return mayPassLater(status);
  // Gateways that had begun to answer put the vendor's status into the body.
  const found = errorIn(problem?.vendorError ?? json);
  return found.status === undefined
    ? (problem?.mayPass ?? false) || passing.test(`${found.type} ${found.words}`)
    : mayPassLater(found.status);
}

const mayPassLater = (status: number) => status === 408 || status === 429 || status >= 500;

/** Types, codes and words of errors that stand for 429 and 5xx: `overloaded_error`, "Rate limit exceeded.". */
const passing =
  /overload|rate.?limit|too many requests|resource.?exhausted|throttl|time.?out|timed out|unavailable|try again (?:later|soon|shortly|in|after)\b|server.?error/i;

function sentence(
  host: string,
  { status, headers, text }: OutboundResponse,
  { json, problem }: Read,
  shown: (words: string) => string,
): string {
  const body = text().trim();
  const isOk = status < 300;
  const answered = isOk ? `${host} answered` : `${host} answered with status ${status}`;
  if (status >= 300 && status < 400) {
    return `${answered}, a redirect, which is not followed: the base URL must be the final address.`;
  }
  const { words } = errorIn(problem?.vendorError ?? json);
  if ((status === 404 || status === 405) && nowhere.test(words ?? body)) {
    return `${answered}: the base URL may be wrong. It goes up to and with the version, as in /v1.`;
  }
  if (words !== undefined) return `${answered}: ${shown(words)}`;
  if (body === "") return isOk ? `${answered} with nothing.` : `${answered}.`;
  if (body.startsWith("<") || /\bhtml\b/.test(headers["content-type"] ?? "")) {
    return isOk
      ? `${answered} with a web page instead of JSON: the base URL may be wrong.`
      : `${answered} and a web page.`;
  }
  if (json === undefined) {
    const kind = isOk ? " with something that is not JSON" : "";
    return `${answered}${kind}: ${shown(body)}`;
  }
  if (!isOk) {
    // Written anew, because a secret could not be found where its server escapes what it need not.
    const isShown = json !== null && !isTooDeep(json);
    return isShown ? `${answered}: ${shown(JSON.stringify(json))}` : `${answered}.`;
  }
  const why = problem?.message ? `: ${problem.message}` : "";
  return `${answered} with JSON that is no answer of a model${why}.`;
}

/** What servers say of a path that they do not have, rather than of a model. */
const nowhere =
  /^(?:$|<|\{\}$|(?:404 |405 )?(?:(?:page|file|resource|route|path|endpoint|url) )?(?:not found|method not allowed)\.?$)/i;

interface ErrorWords {
  readonly words?: string | undefined;
  /** The HTTP status that it stands for. */
  readonly status?: number | undefined;
  readonly type?: string | undefined;
}

/** Where vendors put their words, in the order in which they say most. */
const places = [
  "message",
  "Message",
  "error",
  "detail",
  "msg",
  "error_message",
  "errorMessage",
  "error_description",
  "status_msg",
];
/** Where they put an error with words in it. */
const within = ["error", "errors", "detail", "base_resp"];

/** What is wrong in a vendor's own words, wherever they stand: `{error: {message}}`, `{message}`, `{errors: […]}`, `[{error}]`. */
function errorIn(body: unknown, depth = 0): ErrorWords {
  if (typeof body === "string") return isWords(body) ? { words: body } : {};
  if (depth > 4) return {};
  if (Array.isArray(body)) {
    const found = body.slice(0, 10).map((entry) => errorIn(entry, depth + 1));
    return found.find(({ words }) => words !== undefined) ?? {};
  }
  if (!isFields(body)) return {};
  const { error, code, status, status_code, type, message } = body;
  const own = {
    status: [code, status, status_code].map(statusIn).find((found) => found !== undefined),
    type: [type, code, status]
      .filter((name) => typeof name === "string")
      .find((name) => passing.test(name)),
  };
  // A list or an object says more than what stands beside it.
  const parts = isFields(error) || isWords(message) ? {} : errorIn(message, depth + 1);
  const words = isFields(error) ? undefined : places.map((place) => body[place]).find(isWords);
  if (words !== undefined && parts.words === undefined) {
    return { ...own, words: withRaw(words, body["metadata"], depth) };
  }
  const inner = [parts, ...within.map((place) => errorIn(body[place], depth + 1))];
  const found = inner.find(({ words }) => words !== undefined) ?? inner[0];
  return {
    words: found?.words,
    status: found?.status ?? own.status,
    type: found?.type ?? own.type,
  };
}

/** OpenRouter says `Provider returned error`, and beside it what the provider said. */
function withRaw(words: string, metadata: unknown, depth: number): string {
  const { raw } = fieldsOf(metadata);
  const json = typeof raw === "string" && !hasMoreParts(raw, 1_000) ? readJson(raw) : raw;
  const inner = errorIn(json ?? raw, depth + 1).words;
  return inner === undefined ? words : `${words}: ${inner}`;
}

/** An HTTP status, as a number or in digits. */
function statusIn(value: unknown): number | undefined {
  const status = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === "number" && status >= 300 && status <= 599 ? status : undefined;
}

const isWords = (value: unknown): value is string =>
  typeof value === "string" && value.trim() !== "";

/** As `retry-after-ms` (OpenAI) or `Retry-After` asks, or else the body. */
function askedPause({ headers, text }: OutboundResponse, now: number): number | undefined {
  const ms = plainNumber(headers["retry-after-ms"] ?? "");
  if (ms !== undefined) return Math.ceil(ms);
  return retryAfterMs(headers["retry-after"], now) ?? pauseIn(firstUnits(text(), mostSearched));
}

const mostSearched = 65_536;

/** `"retryDelay": "36.4s"` (Gemini, which has no header), `Please try again in 1m2.5s`, `retry after 53 seconds`. */
function pauseIn(text: string): number | undefined {
  const [, hours, minutes, amount, unit] =
    /(?:"retryDelay":\s*"|(?:try again|retry) (?:in|after) )(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?) ?(ms|s))?/i.exec(
      text,
    ) ?? [];
  const ms = Number(amount ?? 0) * (unit?.toLowerCase() === "ms" ? 1 : 1_000);
  return (
    Math.ceil(Number(hours ?? 0) * 3_600_000 + Number(minutes ?? 0) * 60_000 + ms) || undefined
  );
}
