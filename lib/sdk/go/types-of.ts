import type { Field, NamedType, SdkModel, TypeRef } from "../model.ts";
import { aligned, comment, type Row } from "./lines.ts";
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

const bare = (type: TypeRef) => (type.kind === "nullable" ? type.of : type);

/** What a field of an answer is: nil where there is none. */
function answerText({ type, required }: Field): string {
  if (required && type.kind !== "nullable") return typeText(type);
  const inner = bare(type);
  const text = typeText(inner);
  return ["list", "map", "unknown"].includes(inner.kind) ? text : `*${text}`;
}

/** What a field of a body is. */
const sentText = ({ type, required }: Field) =>
  required && type.kind !== "nullable" ? typeText(type) : `Opt[${typeText(bare(type))}]`;

const row = (
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
    row(field, field.type.kind === "boolean" ? "Opt[bool]" : typeText(field.type)),
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
      row(field, sentText(field), field.required && field.type.kind !== "nullable"),
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
  const rows: Row[] = fields.map((field) => row(field, answerText(field)));
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
    `\ttype fields ${name}`,
    "\tv.keep(data)",
    ...(rest
      ? [
          "\tif err := json.Unmarshal(data, &v.Rest); err != nil {",
          "\t\treturn err",
          "\t}",
          ...fields.map(({ name: field }) => `\tdelete(v.Rest, ${JSON.stringify(field)})`),
        ]
      : []),
    "\treturn json.Unmarshal(data, (*fields)(v))",
    "}",
    "",
  ];
}

function variantLines(
  { name: written, discriminator, variants, use }: Extract<NamedType, { kind: "variants" }>,
  about: readonly string[],
  types: SdkModel["types"],
) {
  const name = goName(written);
  const common = use.input
    ? []
    : commonFields(
        variants.map(({ type }) => type),
        discriminator,
        types,
      );
  const rows: Row[] = common.map((field) => row(field, answerText(field)));
  return [
    ...unionLines(
      name,
      about,
      variants.map(({ type }) => type),
      rows,
    ),
    "// UnmarshalJSON reads the variant that it is.",
    `func (v *${name}) UnmarshalJSON(data []byte) error {`,
    "\tv.Raw = bytes.Clone(data)",
    ...(rows.length > 0
      ? [
          `\ttype fields ${name}`,
          "\tif err := json.Unmarshal(data, (*fields)(v)); err != nil {",
          "\t\treturn err",
          "\t}",
        ]
      : []),
    "\tkind, err := kindIn(data, " + JSON.stringify(discriminator) + ")",
    "\tif err != nil {",
    "\t\treturn err",
    "\t}",
    "\tswitch kind {",
    ...variants.flatMap(({ value, type }) => [
      `\tcase ${JSON.stringify(value)}:`,
      `\t\tv.Value, err = read[${goName(type)}](data)`,
    ]),
    "\tdefault:",
    "\t\tv.Value = nil",
    "\t}",
    "\treturn err",
    "}",
    "",
  ];
}

/** A union: one of some types, or what it came as. */
function unionLines(
  name: string,
  about: readonly string[],
  variants: readonly string[],
  rows: readonly Row[],
) {
  const sealed = `${name}Value`;
  const mark = `is${sealed}`;
  return [
    ...about,
    `type ${name} struct {`,
    ...(rows.length > 0 ? [...aligned(rows, "\t"), ""] : []),
    `\t// ${variants
      .map(goName)
      .join(", ")
      .replace(/, (\w+)$/, " or $1")}; nil where it is another that came later.`,
    ...aligned(
      [
        { cells: ["Value", sealed, '`json:"-"`'] },
        {
          comment: ["\t// The JSON that it came as; sent where there is no Value."],
          cells: ["Raw", "json.RawMessage", '`json:"-"`'],
        },
      ],
      "\t",
    ),
    "}",
    "",
    `// ${sealed} is what may stand in ${name}.`,
    `type ${sealed} interface{ ${mark}() }`,
    "",
    ...variants.flatMap((variant) => [`func (${goName(variant)}) ${mark}() {}`, ""]),
    "// RawJSON gives the JSON that it came as.",
    `func (v ${name}) RawJSON() string { return string(v.Raw) }`,
    "",
    "// MarshalJSON writes the value, or the JSON that it came as.",
    `func (v ${name}) MarshalJSON() ([]byte, error) { return valueOr(v.Value, v.Raw) }`,
    "",
  ];
}

function commonFields(
  variants: readonly string[],
  discriminator: string,
  types: SdkModel["types"],
) {
  const [first, ...others] = variants.map((name) => {
    const type = types.find((one) => one.name === name);
    return type?.kind === "object" ? type.fields : [];
  });
  return (first ?? [])
    .map((field): Field =>
      field.name === discriminator ? { ...field, type: { kind: "string" } } : field,
    )
    .filter(
      (field) =>
        field.name === discriminator ||
        others.every((fields) =>
          fields.some(
            (one) =>
              one.name === field.name && JSON.stringify(one.type) === JSON.stringify(field.type),
          ),
        ),
    );
}

function aliasLines(
  { name: written, type }: Extract<NamedType, { kind: "alias" }>,
  about: readonly string[],
) {
  const name = goName(written);
  if (type.kind !== "union") return [...about, `type ${name} ${typeText(type)}`, ""];
  const variants = type.members.map((member) => (member.kind === "ref" ? member.name : ""));
  return [
    ...unionLines(name, about, variants, []),
    "// UnmarshalJSON keeps what it came as.",
    `func (v *${name}) UnmarshalJSON(data []byte) error {`,
    "\tv.Raw = bytes.Clone(data)",
    "\treturn nil",
    "}",
    "",
  ];
}

/** Texts or lists, each once. Those that are sent have functions that make them. */
export function textOrLines(model: SdkModel): readonly string[] {
  const found = new Map<string, { items: string; isSent: boolean }>();
  for (const type of model.types) {
    for (const field of type.kind === "object" ? type.fields : []) {
      const union = textOr(bare(field.type));
      if (union) found.set(union.name, { items: union.items, isSent: type.use.input });
    }
  }
  return [...found].flatMap(([name, { items, isSent }]) => [
    `// ${name} is a text, or a list of parts.`,
    `type ${name} struct {`,
    ...aligned([{ cells: ["Text", "string"] }, { cells: ["Parts", `[]${items}`] }], "\t"),
    "}",
    "",
    ...(isSent
      ? [
          "// Text gives content that is one text.",
          `func Text(text string) ${name} { return ${name}{Text: text} }`,
          "",
          "// Parts gives content of several parts.",
          `func Parts(parts ...${items}Value) ${name} {`,
          `\tlist := make([]${items}, len(parts))`,
          "\tfor i, part := range parts {",
          "\t\tlist[i].Value = part",
          "\t}",
          `\treturn ${name}{Parts: list}`,
          "}",
          "",
        ]
      : []),
    "// MarshalJSON writes the parts where there are any, else the text.",
    `func (v ${name}) MarshalJSON() ([]byte, error) {`,
    "\tif v.Parts != nil {",
    "\t\treturn json.Marshal(v.Parts)",
    "\t}",
    "\treturn json.Marshal(v.Text)",
    "}",
    "",
    "// UnmarshalJSON reads either.",
    `func (v *${name}) UnmarshalJSON(data []byte) error {`,
    "\tif bytes.HasPrefix(data, []byte{'['}) {",
    "\t\treturn json.Unmarshal(data, &v.Parts)",
    "\t}",
    "\treturn json.Unmarshal(data, &v.Text)",
    "}",
    "",
  ]);
}
