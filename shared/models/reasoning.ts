import type { ModelMessage } from "ai";
import { keptReasoning } from "./kept-fields.ts";

/**
 * A text without the block of `<think>` that it begins with, and what that block says. Servers without a reader for a
 * model's reasoning leave it there. One that does not end takes the whole text.
 */
export function splitThought(given: string): { readonly thought: string; readonly text: string } {
  const begun = given.trimStart();
  if (!begun.startsWith(open)) return { thought: "", text: given };
  const end = begun.indexOf(close);
  return end < 0
    ? { thought: begun.slice(open.length), text: "" }
    : {
        thought: begun.slice(open.length, end),
        text: begun.slice(end + close.length).trimStart(),
      };
}

const open = "<think>";
const close = "</think>";

/** What stored messages say of the model's reasoning, wherever its server put it; empty when they say nothing. */
export function reasoningOf(messages: readonly unknown[]): string {
  // Stored by us: messages of earlier answers.
  const said = (messages as readonly ModelMessage[]).filter(({ role }) => role === "assistant");
  return said
    .flatMap((message) => {
      const { content } = message;
      const parts = typeof content === "string" ? [] : content;
      const text =
        typeof content === "string"
          ? content
          : parts.map((part) => (part.type === "text" ? part.text : "")).join("");
      return [
        keptReasoning(message),
        ...parts.map((part) => (part.type === "reasoning" ? part.text : "")),
        splitThought(text).thought,
      ].map((thought) => thought.trim());
    })
    .filter((thought) => thought !== "")
    .join("\n\n");
}
