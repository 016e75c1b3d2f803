import type { ModelMessage } from "ai";

/** The version of stored messages: 1 = `ModelMessage` of `ai` 7, as JSON. */
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
