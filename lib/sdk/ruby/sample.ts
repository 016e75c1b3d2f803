import type { Method, SdkModel } from "../model.ts";
import { snake } from "../words.ts";

/** One call as a program of its own, with the arguments of the method's example. */
export function sample(_model: SdkModel, method: Method): string {
  const { resource, name, params, example, answer } = method;
  const ids = params.map((one) => oneLine(example.params[one.name] ?? one.name));
  const fields = Object.entries({ ...example.query, ...(example.body as object | undefined) });
  const path = `client.${snake(resource)}.${snake(name)}`;
  const all = [...ids, ...fields.map(([key, part]) => `${label(key)} ${oneLine(part)}`)];
  const short = all.length > 0 ? `${path}(${all.join(", ")})` : path;
  const call =
    short.length <= 76
      ? short
      : [
          `${path}(`,
          [
            ...ids.map((id) => `  ${id}`),
            ...fields.map(([key, part]) => `  ${label(key)} ${long(part, "  ")}`),
          ].join(",\n"),
          ")",
        ].join("\n");
  const what = answer.type.kind === "ref" ? snake(answer.type.name) : "answer";
  return [
    'require "chatbot_platform"',
    "",
    "client = ChatbotPlatform::Client.new",
    ...(answer.kind === "page"
      ? [`${call}.each { |${what}| p ${what} }`]
      : [`${what} = ${call}`, `p ${what}`]),
    "",
  ].join("\n");
}

/** JSON as people write it in a program: in one line where that is short enough. */
function long(value: unknown, indent: string): string {
  const short = oneLine(value);
  if (short.length + indent.length <= 76 || typeof value !== "object" || value === null) {
    return short;
  }
  const deeper = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((part) => long(part, deeper))
    : Object.entries(value).map(([name, part]) => `${label(name)} ${long(part, deeper)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return `${open}\n${parts.map((part) => deeper + part).join(",\n")}\n${indent}${close}`;
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  if (value === null) return "nil";
  // What Ruby would put in place of it is written as it is.
  if (typeof value !== "object") return JSON.stringify(value).replaceAll("#", "\\#");
  const fields = Object.entries(value).map(([name, part]) => `${label(name)} ${oneLine(part)}`);
  return fields.length > 0 ? `{ ${fields.join(", ")} }` : "{}";
}

const label = (name: string) =>
  /^[A-Za-z_]\w*$/.test(name) ? `${name}:` : `${JSON.stringify(name).replaceAll("#", "\\#")}:`;
