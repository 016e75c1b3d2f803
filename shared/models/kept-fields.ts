import type { JSONObject } from "@ai-sdk/provider";
import { losesDigits, parseExactly } from "../schema/exact-json.ts";
import { entriesOf, type Fields, fieldsOf, isFields } from "../schema/json-fields.ts";
import { isTooDeep } from "../schema/nesting.ts";
import { isKept } from "./kept-names.ts";
import { type AssistantMessage, isAssistant, type ModelMessage } from "./messages.ts";
import type { Kept } from "./wire-answer.ts";

/** The provider options of a stored message under which its fields stand; no vendor reads them. */
const place = "chat_completions";

/** What a server's answer says beside OpenAI's interface. Content in blocks is kept when some of them are no text. */
export const keptFields = (message: Fields, calls: readonly Fields[]): Kept => ({
  message: pick(
    message,
    (name) => isKept(name) || (name === "content" && hasOtherBlocks(message["content"])),
  ),
  tool_calls: calls.map((call) => {
    const ofFunction = pick(fieldsOf(call["function"]), isKept);
    return {
      ...pick(call, isKept),
      ...(Object.keys(ofFunction).length > 0 && { function: ofFunction }),
    };
  }),
});

const hasOtherBlocks = (content: unknown) =>
  Array.isArray(content) && content.some((block) => isFields(block) && block["type"] !== "text");

/** Adds to an assistant's message what the server's answer said beside it. */
export function keepFields(message: AssistantMessage, kept: Kept | undefined): AssistantMessage {
  if (!kept) return message;
  const { message: ofMessage, tool_calls } = kept;
  if ([ofMessage, ...tool_calls].every((fields) => Object.keys(fields).length === 0)) {
    return message;
  }
  const json = JSON.stringify({ message: ofMessage, tool_calls });
  // Numbers with more digits than a table holds, or too large for it, are kept as they are written.
  const fields = losesDigits(json)
    ? { json }
    : // Read from JSON.
      ({ message: ofMessage, tool_calls } as unknown as JSONObject);
  return { ...message, providerOptions: { ...message.providerOptions, [place]: fields } };
}

function storedFields({ providerOptions }: Pick<AssistantMessage, "providerOptions">): Fields {
  const stored = fieldsOf(providerOptions?.[place]);
  const { json } = stored;
  return typeof json === "string" ? fieldsOf(parseExactly(json)) : stored;
}

/** Puts kept fields back into the body of a request: the n-th assistant's message there is the n-th stored one. */
export function giveBackFields(body: string, messages: readonly ModelMessage[]): string {
  const stored = messages.filter(isAssistant);
  if (!stored.some(({ providerOptions }) => providerOptions?.[place])) return body;
  const request: unknown = JSON.parse(body);
  const sent = listOf(fieldsOf(request)["messages"]).filter(({ role }) => role === "assistant");
  for (const [n, message] of sent.entries()) {
    const kept = storedFields(stored[n] ?? {});
    Object.assign(message, kept["message"]);
    const calls = listOf(message["tool_calls"]);
    for (const [k, { function: ofFunction, ...fields }] of listOf(kept["tool_calls"]).entries()) {
      const call = calls[k] ?? {};
      Object.assign(call, fields);
      Object.assign(fieldsOf(call["function"]), ofFunction);
    }
  }
  return JSON.stringify(request);
}

/** What the kept fields of a stored message say of the model's reasoning. */
export function keptReasoning(message: AssistantMessage): string {
  const { reasoning_content, reasoning, reasoning_details, content } = fieldsOf(
    storedFields(message)["message"],
  );
  const said = [reasoning_content, reasoning].find(
    (text) => typeof text === "string" && text !== "",
  );
  if (typeof said === "string") return said;
  const details = listOf(reasoning_details).map(({ text, summary }) => text ?? summary);
  return [...details, ...listOf(content).map(({ thinking }) => thinking)].map(thoughtText).join("");
}

const thoughtText = (thinking: unknown): string =>
  typeof thinking === "string"
    ? thinking
    : listOf(thinking)
        .map(({ text }) => (typeof text === "string" ? text : ""))
        .join("");

/** An empty text counts: some servers ask for the field whatever it says. */
const pick = (from: Fields, isWanted: (name: string) => boolean): Fields =>
  Object.fromEntries(
    Object.entries(from).filter(
      ([name, value]) => isWanted(name) && !isTooDeep(value) && !isNothing(value),
    ),
  );

/** LiteLLM has fields without values in each answer, and gives them on to models that refuse them. */
const isNothing = (value: unknown): boolean =>
  value === null || (isFields(value) && Object.values(value).every(isNothing));

const listOf = (value: unknown): readonly Fields[] => entriesOf(value).map(fieldsOf);
