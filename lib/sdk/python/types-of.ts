import type { Field, NamedType, TypeRef } from "../model.ts";
import { sentence, snake } from "../words.ts";

/** Words that cannot be names in Python. */
export const keywords = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global if " +
    "import in is lambda nonlocal not or pass raise return try while with yield"
  ).split(" "),
);

/** A field as an attribute or an argument: what is a word of the language has a line behind it. */
export const attribute = (name: string) => (keywords.has(name) ? `${name}_` : name);

/** A type as annotations say it; `prefix` stands before names of the document. */
export function typeText(type: TypeRef, direction: "input" | "output", prefix = ""): string {
  const inner = (of: TypeRef) => typeText(of, direction, prefix);
  const isSent = direction === "input";
  switch (type.kind) {
    case "string":
      return "str";
    case "time":
      return isSent ? "datetime | str" : "datetime";
    case "integer":
      return "int";
    case "number":
      return "float";
    case "boolean":
      return "bool";
    case "unknown":
      return "Any";
    case "null":
      return "None";
    case "literal":
      return `Literal[${literal(type.value)}]`;
    case "enum":
      return enumMembers(type).join(" | ");
    case "list":
      return `${isSent ? "Sequence" : "list"}[${inner(type.items)}]`;
    case "map":
      return `${isSent ? "Mapping" : "dict"}[str, ${inner(type.values)}]`;
    case "ref":
      return prefix + type.name;
    case "nullable":
      return `${inner(type.of)} | None`;
    case "union":
      return type.members.map(inner).join(" | ");
  }
}

/** JSON's value as Python writes it. */
export const literal = (value: string | number | boolean | null): string => {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return JSON.stringify(value);
};

/** Values that may be added stay readable, and known ones are offered by editors. */
const enumMembers = ({
  values,
  open,
}: {
  readonly values: readonly string[];
  readonly open: boolean;
}) => [`Literal[${values.map(literal).join(", ")}]`, ...(open ? ["str"] : [])];

/** What reads a value where JSON has no such type, as a function of Python; undefined where it is as it came. */
export function readerText(
  type: TypeRef,
  types: ReadonlyMap<string, NamedType>,
  prefix = "",
): string | undefined {
  const inner = (of: TypeRef) => readerText(of, types, prefix);
  const around = (name: string, read: string | undefined) =>
    read && `lambda value: ${name}(${read}, value)`;
  switch (type.kind) {
    case "time":
      return "as_time";
    case "list":
      return around("as_list", inner(type.items));
    case "map":
      return around("as_map", inner(type.values));
    case "nullable":
      return inner(type.of);
    case "union": {
      // Each of them leaves alone what is of another kind.
      const read = type.members.map(inner).filter((one) => one !== undefined);
      if (read.length > 1) throw new Error("Only one member of a union may need to be read.");
      return read[0];
    }
    case "ref": {
      const named = types.get(type.name);
      if (named?.kind === "object") return `lambda value: as_object(${prefix}${type.name}, value)`;
      if (named?.kind === "variants") {
        return `lambda value: ${prefix}${variantReader(type.name)}(value)`;
      }
      return named?.kind === "alias" ? inner(named.type) : undefined;
    }
    case "string":
    case "integer":
    case "number":
    case "boolean":
    case "unknown":
    case "null":
    case "literal":
    case "enum":
      return undefined;
  }
}

const variantReader = (name: string) => `read_${snake(name)}`;

/** A string that says what something is. */
export function docLines(
  texts: readonly (string | undefined)[],
  indent = "",
  more: readonly string[] = [],
): readonly string[] {
  const given = texts
    .filter((text) => text !== undefined && text !== "")
    .map((text) => sentence(String(text)));
  const text = [given.join("\n\n"), ...(more.length > 0 ? [more.join("\n")] : [])].join("\n\n");
  if (text === "") return [];
  const lines = text.replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"').split("\n");
  const [only = ""] = lines;
  if (lines.length === 1 && !only.endsWith('"')) return [`${indent}"""${only}"""`];
  return [`${indent}"""`, ...lines.map((line) => `${indent}${line}`.trimEnd()), `${indent}"""`];
}

/** One named type that is a class, with what the document says of it. */
export function classLines(
  type: NamedType,
  types: ReadonlyMap<string, NamedType>,
): readonly string[] {
  if (type.kind !== "object") return [];
  if (type.use.input && type.use.output) {
    throw new Error(`${type.name} is sent and answered: Python has one kind of class for each.`);
  }
  const about = docLines([type.description], "    ");
  const lines = type.use.input
    ? sentFields(type.name, type.fields)
    : answeredFields(type.fields, types);
  const head = type.use.input ? `class ${type.name}(TypedDict):` : `class ${type.name}(Resource):`;
  return [head, ...about, ...(about.length + lines.length > 0 ? lines : ["    pass"]), "", ""];
}

const sentFields = (name: string, fields: readonly Field[]) =>
  fields.flatMap((field) => {
    if (keywords.has(field.name)) throw new Error(`${name}.${field.name} is a word of Python.`);
    const type = typeText(field.type, "input");
    return [
      `    ${field.name}: ${field.required ? type : `NotRequired[${type}]`}`,
      ...docLines([field.description], "    "),
    ];
  });

function answeredFields(fields: readonly Field[], types: ReadonlyMap<string, NamedType>) {
  const readers = fields.map(
    ({ name, type }) => `        "${name}": ${readerText(type, types) ?? "None"},`,
  );
  return [
    "    __slots__ = ()",
    "    _fields = {",
    ...readers,
    "    }",
    ...fields.flatMap(({ name, type, required, description }) => {
      if (ofResource.has(name)) throw new Error(`A field cannot be called ${name} in Python.`);
      const text = typeText(type, "output");
      const isNone = required || type.kind === "nullable" || text === "Any";
      return [
        `    ${attribute(name)}: ${text}${isNone ? "" : " | None"}`,
        ...docLines([description], "    "),
      ];
    }),
  ];
}

const ofResource = new Set(["to_dict", "_data", "_fields"]);

/** One named type that is another name of types; after all classes, because Python evaluates it. */
export function aliasLines(type: NamedType): readonly string[] {
  const direction = type.use.output ? "output" : "input";
  const union = (members: readonly string[]) =>
    members.length === 1 ? members.join() : `Union[${members.join(", ")}]`;
  const about = docLines([type.description]);
  switch (type.kind) {
    case "object":
      return [];
    case "enum":
      return [`${type.name} = ${union(enumMembers(type))}`, ...about, ""];
    case "alias":
      return [
        `${type.name} = ${union(
          (type.type.kind === "union" ? type.type.members : [type.type]).map((one) =>
            typeText(one, direction),
          ),
        )}`,
        ...about,
        "",
      ];
    case "variants": {
      const alias = [`${type.name} = ${union(type.variants.map((one) => one.type))}`, ...about, ""];
      if (!type.use.output) return alias;
      const kinds = type.variants
        .map(({ value, type: name }) => `${literal(value)}: ${name}`)
        .join(", ");
      return [
        ...alias,
        "",
        `def ${variantReader(type.name)}(value: Any) -> ${type.name}:`,
        `    """Reads one, by its ${type.discriminator}."""`,
        // Checkers are told of the kinds that are known.
        `    return as_variant("${type.discriminator}", {${kinds}}, value)  # type: ignore[no-any-return]`,
        "",
        "",
      ];
    }
  }
}
