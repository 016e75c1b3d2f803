import type { NamedType, SdkModel } from "../model.ts";
import { answerText, fieldRow, sentText, timesLines, typeText } from "./fields-of.ts";
import { aligned, comment, printedLines, type Row } from "./lines.ts";
import { aliasLines, variantLines } from "./unions-of.ts";
import { goName } from "./words-of.ts";

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
  const times = others.filter((field) => sentText(field) === "time.Time");
  if (literals.length > 0 && times.length > 0) {
    throw new Error(`${name} has two ways to be written.`);
  }
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
    ...timesLines(name, times),
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
    ...printedLines(name, "raw"),
  ];
}
