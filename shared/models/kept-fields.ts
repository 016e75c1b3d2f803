import type { AssistantModelMessage, JSONValue, ModelMessage } from "ai";

type Fields = Record<string, JSONValue>;

// What servers with OpenAI's interface add to it and want to see again, or they lose their thread or refuse the call:
// https://api-docs.deepseek.com/guides/thinking_mode, https://openrouter.ai/docs/use-cases/reasoning-tokens,
// https://ai.google.dev/gemini-api/docs/thought-signatures. The SDK knows none of them.
const ofMessages = ["reasoning_content", "reasoning", "reasoning_details"];
const ofToolCalls = ["extra_content"];

/** The provider options of a stored message under which its fields stand; no vendor reads them. */
const place = "chat_completions";

/** Adds to an assistant's message what the server's answer said beside it. */
export function keepFields(message: AssistantModelMessage, answer: unknown): AssistantModelMessage {
  const said = messageOf(answer);
  if (!said) return message;
  const ofMessage = pick(said, ofMessages);
  const calls = listOf(said["tool_calls"]).map((call) => pick(call, ofToolCalls));
  if ([ofMessage, ...calls].every((fields) => Object.keys(fields).length === 0)) return message;
  return {
    ...message,
    providerOptions: {
      ...message.providerOptions,
      [place]: { message: ofMessage, tool_calls: calls },
    },
  };
}

/** Puts kept fields back into the body of a request: the n-th assistant's message there is the n-th stored one. */
export function giveBackFields(body: string, messages: readonly ModelMessage[]): string {
  const stored = messages.filter(({ role }) => role === "assistant");
  if (!stored.some(({ providerOptions }) => providerOptions?.[place])) return body;
  const request: unknown = JSON.parse(body);
  const sent = listOf(isFields(request) ? request["messages"] : undefined).filter(
    ({ role }) => role === "assistant",
  );
  for (const [n, message] of sent.entries()) {
    const kept = stored[n]?.providerOptions?.[place];
    if (!kept) continue;
    Object.assign(message, kept["message"]);
    const calls = listOf(message["tool_calls"]);
    for (const [k, fields] of listOf(kept["tool_calls"]).entries()) {
      Object.assign(calls[k] ?? {}, fields);
    }
  }
  return JSON.stringify(request);
}

function messageOf(answer: unknown): Fields | undefined {
  const [choice] = listOf(isFields(answer) ? answer["choices"] : undefined);
  const message = choice?.["message"];
  return isFields(message) ? message : undefined;
}

const pick = (from: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = from[name];
      return value === undefined || value === null || value === "" ? [] : [[name, value]];
    }),
  );

const listOf = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.map((item: unknown) => (isFields(item) ? item : {})) : [];

/** Of parsed JSON: an object. */
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
