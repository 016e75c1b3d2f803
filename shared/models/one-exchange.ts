import { randomUUID } from "node:crypto";
import { OutboundError } from "../outbound/outbound-error.ts";
import type { OutboundResponse } from "../outbound/read-answer.ts";
import type { OutboundRequest, SafeFetch } from "../outbound/safe-fetch.ts";
import type { Clock } from "../runtime/clock.ts";
import { type Fields, isFields } from "../schema/json-fields.ts";
import { hasMoreParts } from "../schema/nesting.ts";
import type { SignCall } from "./bedrock-account.ts";
import { withFiles } from "./body-with-files.ts";
import {
  AnswerProblem,
  isBrokenOff,
  jsonWithin,
  readJson,
  TooLargeAnswer,
  type WireAnswer,
} from "./wire-answer.ts";

/** What went over the wire in one model call. */
export interface Exchange {
  /** As the people of the team know it; empty when nothing was sent. */
  host: string;
  answer: OutboundResponse | undefined;
  error: OutboundError | undefined;
  /** The answer as JSON, read once; undefined when it is none, null when there is too much of it. */
  json: unknown;
  /** What was read of the answer, or why it cannot be used; neither when it is no JSON of a success. */
  read: WireAnswer | undefined;
  problem: AnswerProblem | undefined;
}

/** What a vendor's interface needs at the edge. */
export interface WireFormat {
  /** Has the last word on what is sent. */
  readonly editBody: (body: string) => string;
  /** A body that was refused with these words, in other ones; as it is where they are no reason for that. */
  readonly reworded: (body: string, said: string) => string;
  /** In the place of the library's own; undefined for none. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** By what stands for their bytes in the body. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly sign: SignCall | undefined;
  /** Reads an answer of success. Throws `AnswerProblem`. */
  readonly read: (answer: Fields) => WireAnswer;
  /** Reads an answer that is streamed though it was not to be; undefined when it is none. */
  readonly readStream?: (text: string) => Fields | undefined;
}

/** A call is said at most so often in other words. */
const mostRewordings = 3;
/** Refusals are held until the call is over: of a larger one there would be too many. */
const mostRefusalBytes = 262_144;

/**
 * Watches a fetch, so that what went wrong is read from the answer itself and not from what a library made of it. What
 * comes through is the answer in the form that the library takes.
 */
export function watchFetch(
  { fetch, clock }: { readonly fetch: SafeFetch; readonly clock: Clock },
  format: WireFormat,
): { readonly fetch: SafeFetch; readonly exchange: Exchange } {
  const exchange: Exchange = {
    host: "",
    answer: undefined,
    error: undefined,
    json: undefined,
    read: undefined,
    problem: undefined,
  };
  const watched: SafeFetch = async (url, request) => {
    exchange.host = URL.parse(url)?.host ?? "";
    try {
      const endsAt = clock() + request.timeout_ms;
      const refusals: OutboundResponse[] = [];
      for (;;) {
        const left = { ...request, timeout_ms: Math.max(1, endsAt - clock()) };
        const answer = await fetch(url, await prepared(url, left, format, refusals));
        exchange.answer = answer;
        const { status, body } = answer;
        // 500 is what llama.cpp and Fireworks have for a schema that they cannot read.
        const isRefusal = status === 400 || status === 422 || status === 500;
        const isOfWords = isRefusal && body.byteLength <= mostRefusalBytes;
        if (!isOfWords || refusals.length === mostRewordings) break;
        refusals.push(answer);
        const next = bodyOf(request, format, refusals);
        const before = refusals.find(
          (_, n) => bodyOf(request, format, refusals.slice(0, n)) === next,
        );
        if (!before) continue;
        // What is to be said was refused, and why says more than that the other words are wrong too.
        exchange.answer = before;
        break;
      }
      return shaped(exchange, exchange.answer, format);
    } catch (error) {
      if (error instanceof OutboundError) exchange.error = error;
      if (error instanceof AnswerProblem) exchange.problem = error;
      throw error;
    }
  };
  return { fetch: watched, exchange };
}

const mostParts = 100_000;

function shaped(exchange: Exchange, answer: OutboundResponse, { read, readStream }: WireFormat) {
  const given = answer.text();
  const json = jsonWithin(given);
  const isTooMuch = hasMoreParts(json, mostParts);
  exchange.json = isTooMuch ? null : readJson(json);
  // The library would read once more what is told from here.
  if (answer.status >= 300) return { ...answer, body: new Uint8Array(), text: () => "" };
  if (isTooMuch) {
    throw new TooLargeAnswer("The model's answer has more lists and objects than are taken.");
  }
  if (exchange.json === undefined) exchange.json = readStream?.(given);
  if (!isFields(exchange.json)) {
    throw new AnswerProblem("", { mayPass: exchange.json === undefined && isBrokenOff(given) });
  }
  exchange.read = read(exchange.json);
  const text = JSON.stringify(exchange.read.body);
  return { ...answer, body: Buffer.from(text), text: () => text };
}

/** Made anew of what the library holds: as a text of ours it would be in the heap once more while the answer is waited for. */
const bodyOf = (
  { body }: OutboundRequest,
  { editBody, reworded }: WireFormat,
  refusals: readonly OutboundResponse[],
): string | undefined =>
  typeof body === "string"
    ? refusals.reduce((edited, { text }) => reworded(edited, text()), editBody(body))
    : undefined;

const emptyKey: Readonly<Record<string, string>> = { authorization: "Bearer", "x-api-key": "" };

async function prepared(
  url: string,
  request: OutboundRequest,
  format: WireFormat,
  refusals: readonly OutboundResponse[],
): Promise<OutboundRequest> {
  const { headers: own = {}, files, sign } = format;
  const headers: Record<string, string> = {
    // Should a kept connection turn out to be closed, the call may be sent again: a model call changes nothing.
    "idempotency-key": randomUUID(),
    ...request.headers,
  };
  for (const [name, value] of Object.entries(own)) {
    if (value === undefined) delete headers[name];
    else headers[name] = value;
  }
  // Servers without keys get none, rather than an empty one.
  for (const [name, empty] of Object.entries(emptyKey)) {
    if (headers[name]?.trim() === empty) delete headers[name];
  }
  const body = bodyOf(request, format, refusals);
  if (body === undefined) return { ...request, headers };
  const whole = { ...request, headers, body: withFiles(body, files) };
  return sign ? { ...whole, headers: await sign(url, whole) } : whole;
}
