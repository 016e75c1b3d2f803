import { type Fields, fieldsOf, isFields } from "../schema/json-fields.ts";

const mostLevels = 32;

/**
 * The headers in which arguments are repeated, because the tool's schema asks for it (`x-mcp-header`, revision
 * 2026-07-28). What asks wrongly gets none: the server checks.
 */
export function mcpParamHeaders(schema: Fields, args: Fields): Record<string, string> {
  const headers: Record<string, string> = {};
  const visit = (properties: unknown, values: Fields, level: number) => {
    if (level > mostLevels) return;
    for (const [name, property] of Object.entries(fieldsOf(properties))) {
      if (!isFields(property) || !Object.hasOwn(values, name)) continue;
      const wanted = property["x-mcp-header"];
      if (typeof wanted === "string" && isToken(wanted)) {
        const value = written(values[name]);
        if (value !== undefined) headers[`mcp-param-${wanted.toLowerCase()}`] = headerValue(value);
      }
      visit(property["properties"], fieldsOf(values[name]), level + 1);
    }
  };
  visit(schema["properties"], args, 0);
  return headers;
}

const isToken = (text: string) => /^[!#$%&'*+\-.^_`|~\w]{1,100}$/.test(text);

function written(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  // With all its digits, as the arguments have it.
  const json = JSON.stringify(value);
  return typeof value === "boolean" || /^-?\d+$/.test(json) ? json : undefined;
}

/** A text as a header has it: what is not plain ASCII is written in base64. */
export function headerValue(text: string): string {
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/.test(text);
  if (isPlain && !text.startsWith("=?base64?")) return text;
  return `=?base64?${Buffer.from(text).toString("base64")}?=`;
}
