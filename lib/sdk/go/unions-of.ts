import type { Field, NamedType, SdkModel } from "../model.ts";
import { answerText, bare, fieldRow, textOr, typeText } from "./fields-of.ts";
import { aligned, printedLines, type Row } from "./lines.ts";
import { goName } from "./words-of.ts";

/** Objects that a field tells apart. */
export function variantLines(
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
  const rows: Row[] = common.map((field) => fieldRow(field, answerText(field)));
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
    ...printedLines(name, "Raw"),
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

/** Another name, or a union of objects without a field that tells them apart. */
export function aliasLines(
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
