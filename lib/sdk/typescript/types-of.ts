import type { Field, NamedType, TypeRef } from "../model.ts";
import { sentence } from "../words.ts";

/** A type as TypeScript writes it. */
export function typeText(type: TypeRef): string {
  switch (type.kind) {
    case "string":
    case "time":
      return "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
    case "unknown":
    case "null":
      return type.kind;
    case "literal":
      return JSON.stringify(type.value);
    case "enum":
      return enumText(type);
    case "list":
      return /[ |&]/.test(typeText(type.items))
        ? `(${typeText(type.items)})[]`
        : `${typeText(type.items)}[]`;
    case "map":
      return `Record<string, ${typeText(type.values)}>`;
    case "ref":
      return type.name;
    case "nullable":
      return `${typeText(type.of)} | null`;
    case "union":
      return type.members.map(typeText).join(" | ");
  }
}

/** Values that may be added stay readable, and known ones are offered by editors. */
const enumText = ({
  values,
  open,
}: {
  readonly values: readonly string[];
  readonly open: boolean;
}) =>
  [...values.map((value) => JSON.stringify(value)), ...(open ? ["(string & {})"] : [])].join(" | ");

/** A comment that editors show. */
export function comment(texts: readonly (string | undefined)[], indent = ""): readonly string[] {
  const given = texts
    .filter((text) => text !== undefined && text !== "")
    .map((text) => sentence(String(text)));
  if (given.length === 0) return [];
  const lines = given.join("\n\n").replaceAll("*/", "*\\/").split("\n");
  const [only = ""] = lines;
  if (lines.length === 1) return [`${indent}/** ${only} */`];
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`];
}

/** The fields of an interface. What is sent may also be undefined, which is not sent. */
export const fieldLines = (fields: readonly Field[], isSent: boolean): readonly string[] =>
  fields.flatMap(({ name, type, required, description }) => [
    ...comment([description], "  "),
    `  ${name}${required ? "" : "?"}: ${typeText(type)}${!required && isSent ? " | undefined" : ""};`,
  ]);

/** One named type, with what the document says of it. */
export function namedTypeLines(type: NamedType): readonly string[] {
  const about = comment([type.description]);
  const isSent = type.use.input;
  switch (type.kind) {
    case "object": {
      const rest = type.rest ? [`  [field: string]: ${restText(type.fields, type.rest)};`] : [];
      return [
        ...about,
        `export interface ${type.name} {`,
        ...fieldLines(type.fields, isSent),
        ...rest,
        "}",
        "",
      ];
    }
    case "enum":
      return [...about, `export type ${type.name} = ${enumText(type)};`, ""];
    case "variants":
      return [
        ...about,
        `export type ${type.name} = ${type.variants.map((one) => one.type).join(" | ")};`,
        "",
      ];
    case "alias":
      return [...about, `export type ${type.name} = ${typeText(type.type)};`, ""];
  }
}

/** Further fields hold at least what the named ones do. */
const restText = (fields: readonly Field[], rest: TypeRef) =>
  rest.kind === "unknown"
    ? "unknown"
    : [...new Set([rest, ...fields.map(({ type }) => type)].map(typeText))].join(" | ");
