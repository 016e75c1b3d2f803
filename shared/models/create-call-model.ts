import type { SafeFetch } from "../outbound/safe-fetch.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import type { CallModel, ModelAnswer } from "./call-model.ts";
import { callVendor } from "./call-vendor.ts";

/**
 * Makes the function that calls models: `openai` by chat completions, `anthropic` by messages, `bedrock` by Converse,
 * and `echo`, which says back the last user message and uses no tokens. The libraries of vendors are
 * loaded when they are first needed.
 */
export function createCallModel({
  fetch,
  clock = systemClock,
}: {
  readonly fetch: SafeFetch;
  readonly clock?: Clock;
}): CallModel {
  return async (call) => {
    call.signal.throwIfAborted();
    if (call.model.provider === "echo") return echo(call.messages);
    return await callVendor({ fetch, clock }, call);
  };
}

function echo(messages: readonly unknown[]): ModelAnswer {
  // Stored by us: messages of `messages.ts`.
  const said = messages as readonly { readonly role: string; readonly content: unknown }[];
  const content = said.findLast(({ role }) => role === "user")?.content;
  const text = typeof content === "string" ? content : "";
  return {
    ok: true,
    text,
    finish_reason: "stop",
    tool_calls: [],
    input_tokens: 0,
    output_tokens: 0,
    cached_tokens: 0,
    answered_by: null,
    status: null,
    messages: [{ role: "assistant", content: text }],
  };
}
