import type { Field, NamedType, SdkModel, TypeRef } from "../model.ts";
import { aligned, comment, type Row } from "./lines.ts";
import { aliasLines, variantLines } from "./unions-of.ts";
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
const sentText = ({ type, required }: Field) =>
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

/** One named type, with what the document says of it. */
export function namedTypeLines(type: NamedType, { types }: SdkModel): readonly string[] {
  const name = goName(type.name);
  const about = comment([type.description ?? `${name} is a part of the API`]);
  switch (type.kind) {
    case "enum":
      return [
        ...about,
        `type ${name} string`,
        "",
        ...comment([`What ${name} may be${type.open ? "; others may be added" : ""}`]),
        "const (",
        ...aligned(
          type.values.map((value) => ({
            cells: [constantName(name, value), name, `= ${JSON.stringify(value)}`],
          })),
          "\t",
        ),
        ")",
        "",
      ];
    case "object":
      return type.use.input ? sentLines(type, about) : answeredLines(type, about);
    case "variants":
      return variantLines(type, about, types);
    case "alias":
      return aliasLines(type, about);
  }
}

/** `EventSubscription`, `*` → "EventSubscriptionAll" */
export const constantName = (type: string, value: string) =>
  type + (value === "*" ? "All" : goName(value));

type ObjectType = Extract<NamedType, { kind: "object" }>;

function sentLines({ name: written, fields }: ObjectType, about: readonly string[]) {
  const name = goName(written);
  const literals = fields.filter(({ type }) => type.kind === "literal");
  const others = fields.filter(({ type }) => type.kind !== "literal");
  const text = literals
    .map(
      ({ name: field, type }) =>
        `"${field}":${JSON.stringify(type.kind === "literal" && type.value)}`,
    )
    .join(",");
  const body = aligned(
    others.map((field) =>
      fieldRow(field, sentText(field), field.required && field.type.kind !== "nullable"),
    ),
    "\t",
  );
  return [
    ...about,
    ...(body.length > 0 ? [`type ${name} struct {`, ...body, "}"] : [`type ${name} struct{}`]),
    "",
    ...(literals.length > 0
      ? [
          "// MarshalJSON writes its kind too.",
          `func (v ${name}) MarshalJSON() ([]byte, error) {`,
          `\ttype fields ${name}`,
          `\treturn withLiterals(fields(v), \`${text}\`)`,
          "}",
          "",
        ]
      : []),
  ];
}

function answeredLines({ name: written, fields, rest }: ObjectType, about: readonly string[]) {
  const name = goName(written);
  const rows: Row[] = fields.map((field) => fieldRow(field, answerText(field)));
  if (rest) {
    rows.push({
      comment: ["\t// Further fields."],
      cells: ["Rest", `map[string]${typeText(rest)}`, '`json:"-"`'],
    });
  }
  return [
    ...about,
    `type ${name} struct {`,
    "\tanswered",
    ...(rows.length > 0 ? ["", ...aligned(rows, "\t")] : []),
    "}",
    "",
    "// UnmarshalJSON reads it, and keeps what it came as.",
    `func (v *${name}) UnmarshalJSON(data []byte) error {`,
    ...(rows.length > 0 ? [`\ttype fields ${name}`] : []),
    "\tv.keep(data)",
    ...(rest
      ? [
          "\tif err := json.Unmarshal(data, &v.Rest); err != nil {",
          "\t\treturn err",
          "\t}",
          ...fields.map(({ name: field }) => `\tdelete(v.Rest, ${JSON.stringify(field)})`),
        ]
      : []),
    rows.length > 0 ? "\treturn json.Unmarshal(data, (*fields)(v))" : "\treturn nil",
    "}",
    "",
  ];
}
