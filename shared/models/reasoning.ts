import { keptReasoning } from "./kept-fields.ts";
import { isAssistant, type ModelMessage } from "./messages.ts";

/**
 * A text without the blocks of `<think>` that it begins with, and what they say; `[THINK]` (Mistral), `<mm:think>`
 * (MiniMax) and `<seed:think>` are the same. Servers without a reader for a model's reasoning leave them there, some
 * without the first tag, which stands in their prompt. One that does not end takes the whole text.
 */
export function splitThought(given: string): { readonly thought: string; readonly text: string } {
  const open = tag.exec(given)?.[0].trim().replace("/", "") ?? "<think>";
  const close = open.replace(/^./, "$&/");
  const ofPrompt = given.indexOf(close);
  const isBegun = ofPrompt >= 0 && !given.slice(0, ofPrompt).includes(open);
  const thoughts = isBegun ? [given.slice(0, ofPrompt)] : [];
  let end = isBegun ? ofPrompt + close.length : 0;
  for (;;) {
    const begin = given.indexOf(open, end);
    if (begin < 0 || given.slice(end, begin).trim() !== "") break;
    const last = given.indexOf(close, begin);
    thoughts.push(given.slice(begin + open.length, last < 0 ? undefined : last));
    end = last < 0 ? given.length : last + close.length;
  }
  return {
    thought: thoughts.map((thought) => thought.trim()).join("\n\n"),
    text: thoughts.length === 0 ? given : given.slice(end).trimStart(),
  };
}

/** Which it is: what the text begins with, or what ends what began in the prompt. */
const tag = /^\s*(?:<(?:\w{1,20}:)?think>|\[THINK\])|<\/(?:\w{1,20}:)?think>|\[\/THINK\]/;

/** What stored messages say of the model's reasoning, wherever its server put it; empty when they say nothing. */
export function reasoningOf(messages: readonly unknown[]): string {
  // Stored by us: messages of earlier answers.
  const said = (messages as readonly ModelMessage[]).filter(isAssistant);
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
