import type { Method, SdkModel } from "../model.ts";
import { camel } from "../words.ts";

/** One call as a program of its own, with the arguments of the method's example. */
export function sample(_model: SdkModel, method: Method): string {
  const { resource, name, params, example, answer } = method;
  const fields = { ...example.query, ...(example.body as object | undefined) };
  const ids = params.map((one) => JSON.stringify(example.params[one.name]));
  const given = Object.keys(fields).length > 0 ? [literal(fields, "", 56 - ids.join().length)] : [];
  const call = `client.${camel(resource)}.${camel(name)}(${[...ids, ...given].join(", ")})`;
  const what = answer.type.kind === "ref" ? camel(answer.type.name) : "answer";
  return [
    'import { ChatbotPlatform } from "@chatbot-platform/sdk";',
    "",
    "const client = new ChatbotPlatform();",
    ...(answer.kind === "page"
      ? [`for await (const ${what} of ${call}) {`, `  console.log(${what});`, "}"]
      : [`const ${what} = await ${call};`, `console.log(${what});`]),
    "",
  ].join("\n");
}

/** JSON as people write it in a program: in one line where that has so many letters at most. */
function literal(value: unknown, indent: string, room = 80 - indent.length): string {
  const deeper = `${indent}  `;
  const short = oneLine(value);
  if (short.length <= room || typeof value !== "object" || value === null) return short;
  const parts = Array.isArray(value)
    ? value.map((part) => literal(part, deeper))
    : Object.entries(value).map(([name, part]) => `${key(name)}: ${literal(part, deeper)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return [open, ...parts.map((part) => `${deeper}${part},`), `${indent}${close}`].join("\n");
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, part]) => `${key(name)}: ${oneLine(part)}`);
  return fields.length > 0 ? `{ ${fields.join(", ")} }` : "{}";
}

const key = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));
