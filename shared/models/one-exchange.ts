import { randomUUID } from "node:crypto";
import { OutboundError } from "../outbound/outbound-error.ts";
import type { OutboundResponse } from "../outbound/read-answer.ts";
import type { OutboundRequest, SafeFetch } from "../outbound/safe-fetch.ts";
import type { Fields } from "../schema/json-fields.ts";
import { AnswerProblem, readAnswer, type WireAnswer } from "./wire-answer.ts";

/** What went over the wire in one model call. */
export interface Exchange {
  /** As the people of the team know it; empty when nothing was sent. */
  host: string;
  answer: OutboundResponse | undefined;
  error: OutboundError | undefined;
  /** What was read of the answer, or why it cannot be used; neither when it is no JSON of a success. */
  read: WireAnswer | undefined;
  problem: AnswerProblem | undefined;
}

/** What a vendor's interface needs at the edge. */
export interface WireFormat {
  /** Has the last word on what is sent. */
  readonly editBody: (body: string) => string;
  /** Reads an answer of success. Throws `AnswerProblem`. */
  readonly read: (answer: Fields) => WireAnswer;
}

/**
 * Watches a fetch, so that what went wrong is read from the answer itself and not from what a library made of it. What
 * comes through is the answer in the form that the library takes.
 */
export function watchFetch(
  fetch: SafeFetch,
  format: WireFormat,
): { readonly fetch: SafeFetch; readonly exchange: Exchange } {
  const exchange: Exchange = {
    host: "",
    answer: undefined,
    error: undefined,
    read: undefined,
    problem: undefined,
  };
  const watched: SafeFetch = async (url, request) => {
    exchange.host = URL.parse(url)?.host ?? "";
    try {
      exchange.answer = await fetch(url, prepared(request, format.editBody));
      return shaped(exchange, exchange.answer, format);
    } catch (error) {
      if (error instanceof OutboundError) exchange.error = error;
      if (error instanceof AnswerProblem) exchange.problem = error;
      throw error;
    }
  };
  return { fetch: watched, exchange };
}

function shaped(exchange: Exchange, answer: OutboundResponse, { read }: WireFormat) {
  const json = answer.status < 300 ? readAnswer(answer.text()) : undefined;
  if (!json) return answer;
  exchange.read = read(json);
  const text = JSON.stringify(exchange.read.body);
  return { ...answer, body: Buffer.from(text), text: () => text };
}

const emptyKey: Readonly<Record<string, string>> = { authorization: "Bearer", "x-api-key": "" };

function prepared(request: OutboundRequest, editBody: (body: string) => string): OutboundRequest {
  const headers: Record<string, string> = {
    // Should a kept connection turn out to be closed, the call may be sent again: a model call changes nothing.
    "idempotency-key": randomUUID(),
    ...request.headers,
  };
  // Servers without keys get none, rather than an empty one.
  for (const [name, empty] of Object.entries(emptyKey)) {
    if (headers[name]?.trim() === empty) delete headers[name];
  }
  const { body } = request;
  return { ...request, headers, ...(typeof body === "string" && { body: editBody(body) }) };
}
