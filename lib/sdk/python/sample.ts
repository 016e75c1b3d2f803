import type { Method, SdkModel } from "../model.ts";
import { snake } from "../words.ts";
import { attribute, literal } from "./types-of.ts";

/** One call as a program of its own, with the arguments of the method's example. */
export function sample(_model: SdkModel, method: Method): string {
  const { resource, name, params, example, answer } = method;
  const ids = params.map((one) => literal(example.params[one.name] ?? one.name));
  const fields = Object.entries({ ...example.query, ...(example.body as object | undefined) });
  const path = `client.${snake(resource)}.${snake(name)}`;
  const short = `${path}(${[...ids, ...fields.map(([key, part]) => `${attribute(key)}=${oneLine(part)}`)].join(", ")})`;
  const call =
    short.length <= 76
      ? short
      : [
          `${path}(`,
          ...ids.map((id) => `    ${id},`),
          ...fields.map(([key, part]) => `    ${attribute(key)}=${long(part, "    ")},`),
          ")",
        ].join("\n");
  const what = answer.type.kind === "ref" ? snake(answer.type.name) : "answer";
  return [
    "from chatbot_platform import ChatbotPlatform",
    "",
    "client = ChatbotPlatform()",
    ...(answer.kind === "page"
      ? [`for ${what} in ${call}:`, `    print(${what})`]
      : [`${what} = ${call}`, `print(${what})`]),
    "",
  ].join("\n");
}

/** JSON as people write it in a program: in one line where that is short enough. */
function long(value: unknown, indent: string): string {
  const short = oneLine(value);
  if (short.length + indent.length <= 76 || typeof value !== "object" || value === null) {
    return short;
  }
  const deeper = `${indent}    `;
  const parts = Array.isArray(value)
    ? value.map((part) => long(part, deeper))
    : Object.entries(value).map(([name, part]) => `${literal(name)}: ${long(part, deeper)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return [open, ...parts.map((part) => `${deeper}${part},`), `${indent}${close}`].join("\n");
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  // What is no list and no object in JSON is a literal.
  if (typeof value !== "object" || value === null) {
    return literal(value as string | number | boolean | null);
  }
  const fields = Object.entries(value).map(([name, part]) => `${literal(name)}: ${oneLine(part)}`);
  return `{${fields.join(", ")}}`;
}
