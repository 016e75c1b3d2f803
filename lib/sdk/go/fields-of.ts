import type { Field, TypeRef } from "../model.ts";
import { comment, type Row } from "./lines.ts";
import { goName } from "./words-of.ts";

/** A type as Go writes it. */
export function typeText(type: TypeRef): string {
  switch (type.kind) {
    case "string":
    case "enum":
      return "string";
    case "time":
      return "time.Time";
    case "integer":
      // As constants are, so that Value(5) is one.
      return "int";
    case "number":
      return "float64";
    case "boolean":
      return "bool";
    case "unknown":
    case "null":
      return "any";
    case "literal":
      return typeof type.value === "boolean" ? "bool" : "string";
    case "list":
      return `[]${typeText(type.items)}`;
    case "map":
      return `map[string]${typeText(type.values)}`;
    case "ref":
      return goName(type.name);
    case "nullable":
      return `*${typeText(type.of)}`;
    case "union":
      return textOr(type)?.name ?? "any";
  }
}

/** A text or a list: the one kind of union without a field that tells. */
export function textOr(
  type: TypeRef,
): { readonly name: string; readonly items: string; readonly written: string } | undefined {
  if (type.kind !== "union") return undefined;
  const [text, list] = type.members;
  if (type.members.length !== 2 || text?.kind !== "string" || list?.kind !== "list") {
    throw new Error("Go has no words for a union of others than a text and a list.");
  }
  const items = typeText(list.items);
  const written = list.items.kind === "ref" ? list.items.name : "";
  return { name: `TextOr${items}s`, items, written };
}

/** Without null. */
export const bare = (type: TypeRef) => (type.kind === "nullable" ? type.of : type);

/** What a field of an answer is: nil where there is none. */
export function answerText({ type, required }: Field): string {
  if (required && type.kind !== "nullable") return typeText(type);
  const inner = bare(type);
  const text = typeText(inner);
  return ["list", "map", "unknown"].includes(inner.kind) ? text : `*${text}`;
}

/** What a field of a body is. */
export const sentText = ({ type, required }: Field) =>
  required && type.kind !== "nullable" ? typeText(type) : `Opt[${typeText(bare(type))}]`;

/** One field of a struct. */
export const fieldRow = (
  { name, required, description }: Field,
  text: string,
  isAlwaysThere = required,
): Row => ({
  comment: comment([description], "\t"),
  cells: [goName(name), text, `\`json:"${name}${isAlwaysThere ? "" : ",omitzero"}"\``],
});

/** The fields of a query. What is empty is not asked for, but for a bool. */
export const queryRows = (fields: readonly Field[]) =>
  fields.map((field) =>
    fieldRow(field, field.type.kind === "boolean" ? "Opt[bool]" : typeText(field.type)),
  );

/** Has a struct write its times as the API takes them. */
export const timesLines = (name: string, times: readonly Field[]): readonly string[] =>
  times.length === 0
    ? []
    : [
        "// MarshalJSON writes times as the API takes them.",
        `func (v ${name}) MarshalJSON() ([]byte, error) {`,
        `\ttype fields ${name}`,
        ...times.map((field) => `\tv.${goName(field.name)} = sentTime(v.${goName(field.name)})`),
        "\treturn json.Marshal(fields(v))",
        "}",
        "",
      ];
