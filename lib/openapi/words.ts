import { type Noun, nouns } from "#shared/runtime/nouns";

/** "web channel", "webChannel" and "web_channel" are all "WebChannel". */
export const pascal = (text: string) =>
  text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");

/** "list-executions" is "listExecutions". */
export const camel = (text: string) => {
  const name = pascal(text);
  return name.charAt(0).toLowerCase() + name.slice(1);
};

/** What an operation is about: `Bot` for `createBot` and `listBots`. */
export const nounOf = (operationId: string) => operationId.replace(/^[a-z]+/, "");

/** What an operation does: `create` for `createBot`. */
export const verbOf = (operationId: string) => /^[a-z]+/.exec(operationId)?.[0] ?? "";

/** "Bots" → "Bot", "Replies" → "Reply". */
export const singular = (noun: string) => noun.replace(/ies$/, "y").replace(/([^s])s$/, "$1");

/** What sentences call the thing that a component shows; undefined when it is none of the table of nouns. */
export const nounOfComponent = (name: string): Noun | undefined =>
  Object.values(nouns).find((noun) => pascal(noun.singular).toLowerCase() === name.toLowerCase());
