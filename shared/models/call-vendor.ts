import {
  AISDKError,
  generateText,
  isStepCount,
  jsonSchema,
  type AssistantModelMessage,
  type ModelMessage,
  type ToolSet,
} from "ai";
import { createWebFetch } from "../outbound/safe-fetch-web.ts";
import type { SafeFetch } from "../outbound/safe-fetch.ts";
import type { Clock } from "../runtime/clock.ts";
import { log } from "../runtime/log.ts";
import type { ModelAnswer, ModelCall, ModelTool } from "./call-model.ts";
import { giveBackFields, keepFields } from "./kept-fields.ts";
import { failure, failureOf, masked } from "./model-failure.ts";
import { watchFetch } from "./one-exchange.ts";
import { ModelSetupError, openModel, ownSecrets } from "./open-model.ts";
import { readToolCalls } from "./read-tool-calls.ts";
import { wellFormed } from "./well-formed.ts";

// It would write to the log what the SDK thinks of the team's settings.
globalThis.AI_SDK_LOG_WARNINGS = false;

const maxBytes = 8 * 1_048_576;

/** Calls a model of a vendor through the AI SDK with exactly one request. Keeps the promises of `CallModel`. */
export async function callVendor(
  deps: { readonly fetch: SafeFetch; readonly clock: Clock },
  call: ModelCall,
): Promise<ModelAnswer> {
  const { model, signal } = call;
  // Stored by us: messages of `messages.ts` and of earlier answers.
  const messages = call.messages as readonly ModelMessage[];
  const isChat = model.provider === "openai";
  const { fetch, exchange } = watchFetch(deps.fetch, (body) =>
    isChat ? giveBackFields(body, messages) : body,
  );
  try {
    const webFetch = createWebFetch(fetch, { timeout_ms: call.timeout_ms, max_bytes: maxBytes });
    const result = await generateText({
      model: await openModel(model, webFetch),
      instructions: call.system_prompt,
      messages: [...messages],
      tools: toolSet(call.tools),
      stopWhen: isStepCount(1),
      maxRetries: 0,
      abortSignal: signal,
      headers: { ...model.headers },
      temperature: model.temperature ?? undefined,
      maxOutputTokens: model.max_output_tokens ?? undefined,
    });
    return answerOf(result, isChat ? JSON.parse(exchange.answer?.text() ?? "null") : undefined);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof ModelSetupError) return failure(error.message);
    const secrets = [model.api_key ?? "", ...Object.values(model.headers), ...ownSecrets(model)];
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    if (!AISDKError.isInstance(error) && !exchange.error) {
      // Without its cause, which may hold the conversation.
      log("warn", "model_call_broken", { error: name, error_message: masked(message, secrets) });
    }
    return (
      failureOf(exchange, { secrets, now: deps.clock() }) ??
      failure(`The model could not be called (${name}).`)
    );
  }
}

type Result = Awaited<ReturnType<typeof generateText>>;

function answerOf(result: Result, chatAnswer: unknown): ModelAnswer {
  const { text, finishReason, rawFinishReason, usage } = result;
  // The SDK adds results of its own for calls that it could not read; those are the engine's to give.
  const said = result.responseMessages.find(({ role }) => role === "assistant");
  const message: AssistantModelMessage = isAssistant(said)
    ? said
    : { role: "assistant", content: [] };
  const { tool_calls, content } = readToolCalls(message.content, result.toolCalls, {
    isCutOff: finishReason === "length",
  });
  if (text.trim() === "" && tool_calls.length === 0) {
    const problem = emptiness(finishReason, rawFinishReason);
    if (problem) return problem;
  }
  const kept = keepFields({ ...message, content }, chatAnswer);
  return wellFormed({
    ok: true,
    text,
    tool_calls,
    input_tokens: count(usage.inputTokens),
    output_tokens: count(usage.outputTokens),
    messages: said ? [kept] : [],
  });
}

const isAssistant = (message: ModelMessage | undefined): message is AssistantModelMessage =>
  message?.role === "assistant";

/** A model may have nothing more to say; here it was kept from saying it. */
function emptiness(reason: Result["finishReason"], raw: string | undefined) {
  if (reason === "length") {
    return failure(
      "The model reached its limit of output tokens before it said anything; a higher max_output_tokens may help.",
    );
  }
  if (reason === "content-filter") {
    return failure("The vendor's content filter withheld the answer of the model.");
  }
  if (reason === "stop" || reason === "tool-calls" || raw === undefined) return undefined;
  return failure(`The model stopped without an answer: ${raw}.`, true);
}

/** Servers write what they like; sums of it go to the table and to callers as whole numbers. */
const count = (tokens: number | undefined) =>
  tokens !== undefined && tokens > 0 ? Math.min(Math.round(tokens), 1e12) : 0;

const toolSet = (tools: readonly ModelTool[]): ToolSet | undefined =>
  tools.length === 0
    ? undefined
    : Object.fromEntries(
        tools.map(({ name, description, input_schema }) => [
          name,
          { description, inputSchema: jsonSchema(input_schema) },
        ]),
      );
