import type { LanguageModelV4FinishReason } from "@ai-sdk/provider";
import type { SafeFetch } from "../outbound/safe-fetch.ts";
import { createWebFetch } from "../outbound/safe-fetch-web.ts";
import { masked } from "../outbound/shown-words.ts";
import type { Clock } from "../runtime/clock.ts";
import { log } from "../runtime/log.ts";
import type { FinishReason, ModelAnswer, ModelCall, ToolCall } from "./call-model.ts";
import { readChatCompletion } from "./chat-completions.ts";
import { readConverse } from "./converse.ts";
import type { Generated } from "./generate.ts";
import { keepFields } from "./kept-fields.ts";
import { type AssistantMessage, type ModelMessage, withArguments } from "./messages.ts";
import { readMessage } from "./messages-api.ts";
import { failure } from "./model-failure.ts";
import { ModelSetupError } from "./model-setup-error.ts";
import { type Exchange, watchFetch, type WireFormat } from "./one-exchange.ts";
import { openModel, ownSecrets } from "./open-model.ts";
import { readToolCalls } from "./read-tool-calls.ts";
import { reasoningOf, splitThought } from "./reasoning.ts";
import type * as Vendors from "./vendors.ts";
import { wellFormed } from "./well-formed.ts";
import { TooLargeAnswer } from "./wire-answer.ts";

const maxBytes = 8 * 1_048_576;

let vendors: typeof Vendors | undefined;

/**
 * Calls a model of a vendor through the AI SDK, with one request unless its words are refused. Keeps the promises of
 * `CallModel`.
 */
export async function callVendor(
  deps: { readonly fetch: SafeFetch; readonly clock: Clock },
  call: ModelCall,
): Promise<ModelAnswer> {
  const { model, signal } = call;
  vendors ??= await import("./vendors.ts");
  const { AISDKError, failureOf, fileRefusalOf, generate, libraries } = vendors;
  // Stored by us: messages of `messages.ts` and of earlier answers.
  const messages = call.messages as readonly ModelMessage[];
  const files = call.files ?? new Map<string, Uint8Array>();
  let exchange: Exchange | undefined;
  try {
    const opened = openModel(model);
    const format = { ...formatOf(vendors, model, messages), files, sign: opened.sign };
    const watched = watchFetch(deps, format);
    ({ exchange } = watched);
    const limits = { timeout_ms: call.timeout_ms, max_bytes: maxBytes };
    const library = await opened.over(libraries, createWebFetch(watched.fetch, limits));
    return answerOf(await generate(library, call), exchange);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof ModelSetupError) return failure("network_error", error.message);
    const status = exchange?.answer?.status ?? null;
    if (exchange?.problem instanceof TooLargeAnswer) {
      return failure("response_too_large", exchange.problem.message, { status });
    }
    const secrets = [model.api_key ?? "", ...Object.values(model.headers), ...ownSecrets(model)];
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    if (!AISDKError.isInstance(error) && !exchange?.error && !exchange?.problem) {
      // Without its cause, which may hold the conversation.
      log("warn", "model_call_broken", { error: name, error_message: masked(message, secrets) });
    }
    const failed =
      (exchange && failureOf(exchange, { secrets, now: deps.clock() })) ??
      failure("network_error", `The model could not be called (${name}).`);
    const file_refusal =
      files.size > 0 && exchange?.answer ? fileRefusalOf(exchange.answer) : undefined;
    return { ...failed, ...(file_refusal && { file_refusal }) };
  }
}

/** How a vendor's interface is spoken: a server that streams unless it is told otherwise is told. */
function formatOf(
  { giveBackFields, reworded, streamedCompletion, withoutPlaceholders }: typeof Vendors,
  { provider, headers }: ModelCall["model"],
  messages: readonly ModelMessage[],
): Omit<WireFormat, "files" | "sign"> {
  if (provider === "openai") {
    const editBody = (body: string) => unstreamed(giveBackFields(body, messages));
    return { editBody, reworded, read: readChatCompletion, readStream: streamedCompletion };
  }
  if (provider === "anthropic") {
    const editBody = (body: string) => unstreamed(withoutPlaceholders(body));
    // The library asks for features that nothing here uses, and gateways refuse those that they do not know.
    const own = Object.entries(headers).find(([name]) => name.toLowerCase() === betas)?.[1];
    return { editBody, reworded, read: readMessage, headers: { [betas]: own } };
  }
  return { editBody: (body) => body, reworded, read: readConverse };
}

const betas = "anthropic-beta";

const unstreamed = (body: string) => body.replace(/^\{/, '{"stream":false,');

function answerOf(generated: Generated, { read, answer }: Exchange): ModelAnswer {
  const { message: said, finish, usage } = generated;
  const given = read?.calls ?? [];
  const message: AssistantMessage = said ?? { role: "assistant", content: [] };
  const { tool_calls, content } = readToolCalls(message.content, given, {
    isCutOff: finish.unified === "length",
  });
  const { text } = splitThought(generated.text);
  const status = answer?.status ?? null;
  if (Buffer.byteLength(text) > mostTextBytes) {
    const message = `The text of the model's answer is larger than ${mostTextBytes / 1024} KiB.`;
    return failure("response_too_large", message, { status });
  }
  const kept = keepFields({ ...message, content }, read?.kept);
  if (text.trim() === "" && tool_calls.length === 0) {
    const hasThought = reasoningOf([kept]) !== "";
    const { words, retryable } = emptiness(finish, hasThought);
    return failure("invalid_response", words, { status, retryable });
  }
  const good = wellFormed({
    ok: true,
    text,
    finish_reason: finishReasons[finish.unified],
    tool_calls,
    input_tokens: count(usage.inputTokens.total),
    output_tokens: count(usage.outputTokens.total),
    cached_tokens: count(usage.inputTokens.cacheRead),
    answered_by: read?.model ?? null,
    status,
    messages: said ? [kept] : [],
  } as const);
  if (bytesKept(good.messages, good.tool_calls) > mostBytes) {
    const message = "The model's answer with its reasoning is larger than 1 MiB.";
    return failure("response_too_large", message, { status });
  }
  return good;
}

const mostTextBytes = 256 * 1024;
const mostBytes = 1_048_576;

/** Of an answer as JSON. Names as they were called and arguments that are none stand beside its messages alone. */
const bytesKept = (messages: readonly unknown[], calls: readonly ToolCall[]) =>
  Buffer.byteLength(
    JSON.stringify([
      withArguments(messages, calls),
      calls.map((call) => (call.problem === undefined ? call.name : call)),
    ]),
  );

const finishReasons: Readonly<Record<LanguageModelV4FinishReason["unified"], FinishReason>> = {
  stop: "stop",
  length: "length",
  "tool-calls": "tool_calls",
  "content-filter": "content_filter",
  error: "other",
  interrupted: "other",
  other: "other",
};

/** Without a text and without a call there is nothing to end with and nothing to go on with. */
function emptiness({ unified: reason, raw }: LanguageModelV4FinishReason, hasThought: boolean) {
  const once = (words: string) => ({ words, retryable: false });
  const again = (words: string) => ({ words, retryable: true });
  if (reason === "length") {
    return once(
      "The model reached its limit of output tokens before it said anything; a higher max_output_tokens may help.",
    );
  }
  if (reason === "content-filter") {
    return once("The vendor's content filter withheld the answer of the model.");
  }
  if (reason === "other" && raw) return again(`The model stopped without an answer: ${raw}.`);
  return again(
    hasThought
      ? "The model answered with its reasoning only: there was no text and no call of a tool."
      : "The model answered with nothing: there was no text and no call of a tool.",
  );
}

/** Servers write what they like; sums of it go to the table and to callers as whole numbers. */
const count = (tokens: number | undefined) =>
  tokens !== undefined && tokens > 0 ? Math.min(Math.round(tokens), 1e12) : 0;
