import type {
  LanguageModelV4FilePart,
  LanguageModelV4ReasoningPart,
  LanguageModelV4TextPart,
  LanguageModelV4ToolCallPart,
  LanguageModelV4ToolResultPart,
  SharedV4ProviderOptions,
} from "@ai-sdk/provider";
import { exactArguments, type ToolCall } from "./call-model.ts";

/** A part of what a user says. */
export type UserPart = LanguageModelV4TextPart | LanguageModelV4FilePart;

/** A part of what a model says. */
export type AssistantPart =
  LanguageModelV4TextPart | LanguageModelV4ReasoningPart | LanguageModelV4ToolCallPart;

/** What a model says. */
export interface AssistantMessage {
  readonly role: "assistant";
  readonly content: string | readonly AssistantPart[];
  readonly providerOptions?: SharedV4ProviderOptions;
}

/** What is said to a model and by it. */
export type ModelMessage =
  | { readonly role: "user"; readonly content: string | readonly UserPart[] }
  | AssistantMessage
  | { readonly role: "tool"; readonly content: readonly LanguageModelV4ToolResultPart[] };

/** Whether the model says it. */
export const isAssistant = (message: ModelMessage): message is AssistantMessage =>
  message.role === "assistant";

/** The version of stored messages: 1 = `ModelMessage`, as JSON. */
export const messagesFormat = 1;

/** What the user says, as a message for a model. */
export const userMessage = (text: string): ModelMessage => ({ role: "user", content: text });

/** What a tool answered to the call `callId`, as a message for a model. `name` is the tool's as the model called it. */
export const toolResultMessage = (
  callId: string,
  name: string,
  text: string,
  isError: boolean,
): ModelMessage => ({
  role: "tool",
  content: [
    {
      type: "tool-result",
      toolCallId: callId,
      toolName: name,
      output: {
        type: isError ? "error-text" : "text",
        // Bedrock refuses blank text.
        value: text.trim() === "" ? "(no output)" : text,
      },
    },
  ],
});

/** A model's own messages with all digits of the arguments of its calls. */
export function withArguments(
  messages: readonly unknown[],
  calls: readonly ToolCall[],
): readonly unknown[] {
  const exact = new Map(
    calls.flatMap((call) =>
      call.arguments_json === undefined ? [] : [[call.id, exactArguments(call)]],
    ),
  );
  if (exact.size === 0) return messages;
  // Stored by us: messages of earlier answers.
  return (messages as readonly ModelMessage[]).map((message) =>
    message.role !== "assistant" || typeof message.content === "string"
      ? message
      : {
          ...message,
          content: message.content.map((part) =>
            part.type === "tool-call" && exact.has(part.toolCallId)
              ? { ...part, input: exact.get(part.toolCallId) }
              : part,
          ),
        },
  );
}
