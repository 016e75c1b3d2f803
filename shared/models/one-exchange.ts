import { randomUUID } from "node:crypto";
import type { OutboundResponse } from "../outbound/read-answer.ts";
import { OutboundError } from "../outbound/outbound-error.ts";
import type { OutboundRequest, SafeFetch } from "../outbound/safe-fetch.ts";

/** What went over the wire in one model call. */
export interface Exchange {
  /** As the people of the team know it; empty when nothing was sent. */
  host: string;
  answer: OutboundResponse | undefined;
  error: OutboundError | undefined;
}

/**
 * Watches a fetch, so that what went wrong is read from the answer itself and not from what a library made of it.
 * `editBody` has the last word on what is sent.
 */
export function watchFetch(
  fetch: SafeFetch,
  editBody: (body: string) => string,
): { readonly fetch: SafeFetch; readonly exchange: Exchange } {
  const exchange: Exchange = { host: "", answer: undefined, error: undefined };
  const watched: SafeFetch = async (url, request) => {
    exchange.host = URL.parse(url)?.host ?? "";
    try {
      exchange.answer = await fetch(url, prepared(request, editBody));
      return exchange.answer;
    } catch (error) {
      if (error instanceof OutboundError) exchange.error = error;
      throw error;
    }
  };
  return { fetch: watched, exchange };
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
