import { camel, wordsOf } from "../words.ts";

// What Go writes in capitals.
const initials = new Set(["api", "http", "id", "json", "mcp", "url"]);

const written = (word: string) =>
  initials.has(word) ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1);

/** "api_key_id" and "ApiKeyId" are both "APIKeyID". */
export const goName = (name: string) => wordsOf(name).map(written).join("");

const reserved = new Set(["func", "interface", "map", "package", "range", "select", "type", "var"]);

/** "bot_id" is "botID"; a word of the language gets a letter more. */
export function goParameter(name: string): string {
  const [first = "", ...rest] = wordsOf(name);
  const whole = rest.length > 0 ? first + rest.map(written).join("") : camel(first);
  return reserved.has(whole) ? `${whole}_` : whole;
}
