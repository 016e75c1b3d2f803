import {
  type ConversionConfig,
  type JsonSchema as Loose,
  toJsonSchemaDefs,
} from "@valibot/to-json-schema";
import * as v from "valibot";
import type { Direction, JsonSchema } from "./json-schema.ts";
import { mergedComponents } from "./merged-components.ts";
import { literalOf, partsOf, titleOf } from "./schema-parts.ts";
import { tidy } from "./tidy.ts";
import { pascal } from "./words.ts";

/** A schema that the document shows. */
export interface GivenSchema {
  readonly schema: v.GenericSchema;
  readonly direction: Direction;
  /** Its name among the components when it has no title of its own. */
  readonly name: string;
  /** Whether it is no component: parameters are shown one by one. */
  readonly inline?: boolean;
}

/** The schemas of a document: named once under `components`, referred to everywhere else. */
export interface Components {
  readonly schemas: Readonly<Record<string, JsonSchema>>;
  /** What stands in the place of a given schema: `{ $ref }`, or the schema itself when it is inline. */
  refer(schema: v.GenericSchema, direction: Direction): JsonSchema;
  /** The given schema itself, whether it is a component or inline. */
  lookUp(schema: v.GenericSchema, direction: Direction): JsonSchema;
}

type Names = Map<v.GenericSchema, string>;

const prefix = "#/components/schemas/";

/**
 * Names and converts schemas. One with `v.title` is a component of that name wherever it occurs, a given object,
 * union or variant without title gets the given name, and the options of a variant are named after it. Two answers of
 * one name are one component: what only one of them has may be missing.
 * Throws when a schema cannot be converted or one name would stand for two shapes.
 */
export function createComponents(given: readonly GivenSchema[]): Components {
  const output = convertAll(given, "output", new Map());
  // What is sent and answered alike has one name, that of the answer.
  const input = convertAll(given, "input", output.names);
  const renamed = differing(input.components, output.components);

  const schemas: Record<string, JsonSchema> = { ...output.components };
  for (const [name, schema] of Object.entries(input.components)) {
    schemas[renamed.has(name) ? `${name}Input` : name] = withInputNames(schema, renamed);
  }
  for (const name of Object.keys(output.components)) {
    const values = schemas[name]?.["enum"];
    // Answers may bring values that were added later; generators read this mark.
    if (values) schemas[name] = { ...schemas[name], "x-extensible-enum": values };
  }
  const refer = (schema: v.GenericSchema, direction: Direction) => {
    const place = (direction === "input" ? input : output).places.get(schema);
    if (!place) throw new Error("A schema is referred to that was not given.");
    return direction === "input" ? withInputNames(place, renamed) : place;
  };
  return {
    schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
    refer,
    lookUp: (schema, direction) => {
      const place = refer(schema, direction);
      const { $ref } = place;
      return typeof $ref === "string" ? (schemas[$ref.slice(prefix.length)] ?? place) : place;
    },
  };
}

function convertAll(given: readonly GivenSchema[], direction: Direction, preferred: Names) {
  const mine = given.filter((one) => one.direction === direction);
  const names = nameAll(mine, preferred);
  const definitions: Record<string, v.GenericSchema> = {};
  for (const [schema, name] of names) definitions[freeKey(definitions, name)] = schema;
  const inline = mine.filter(({ schema }) => !names.has(schema)).map(({ schema }) => schema);
  // Copies: the converter refers to a definition wherever it meets the same object again.
  inline.forEach((schema, index) => (definitions[`inline~${index}`] = { ...schema }));

  const converted: Readonly<Record<string, JsonSchema>> = toJsonSchemaDefs(
    // The generic schema of Valibot's types is the base schema that the converter wants.
    definitions as Parameters<typeof toJsonSchemaDefs>[0],
    conversion(direction),
  ) as unknown as Record<string, JsonSchema>;

  const roots = new Map(
    Object.entries(converted).map(([key, schema]) => [nameOf(key), schema] as const),
  );
  const tidied = (schema: JsonSchema) =>
    tidy(schema, {
      direction,
      componentOf: (title) => roots.get(pascal(title)),
      refTo: (title) => prefix + pascal(title),
    });
  const components: Record<string, JsonSchema> = {};
  for (const [key, schema] of Object.entries(converted)) {
    const name = nameOf(key);
    if (name === "inline") continue;
    const made = tidied(schema);
    const other = components[name];
    components[name] = other ? mergedComponents(name, other, made, direction) : made;
  }
  const places = new Map<v.GenericSchema, JsonSchema>();
  for (const [schema, name] of names) places.set(schema, { $ref: prefix + name });
  inline.forEach((schema, index) => {
    places.set(schema, tidied(converted[`inline~${index}`] ?? {}));
  });
  return { names, components, places };
}

const freeKey = (taken: object, name: string) => {
  let key = name;
  for (let number = 2; key in taken; number++) key = `${name}~${number}`;
  return key;
};
const nameOf = (key: string) => key.split("~")[0] ?? key;

function nameAll(given: readonly GivenSchema[], preferred: Names): Names {
  const names: Names = new Map();
  const seen = new Set<v.GenericSchema>();
  const visit = (schema: v.GenericSchema, nearest: string) => {
    if (seen.has(schema)) return;
    seen.add(schema);
    const title = titleOf(schema);
    const own = title === undefined ? preferred.get(schema) : pascal(title);
    if (own !== undefined) names.set(schema, own);
    const here = names.get(schema) ?? nearest;
    if (schema.type === "variant") nameOptions(schema, here, names);
    for (const part of partsOf(schema)) visit(part, here);
  };
  for (const { schema, name, inline } of given) {
    if (!inline && isStructure(schema) && !names.has(schema)) {
      names.set(schema, preferred.get(schema) ?? name);
    }
    visit(schema, name);
  }
  return names;
}

const isStructure = ({ type }: v.GenericSchema) => /object$|^variant$|^union$/.test(type);

/** Tools follow a discriminator to named schemas only. */
function nameOptions(variant: v.GenericSchema, name: string, names: Names): void {
  for (const option of partsOf(variant)) {
    const value = literalOf(option, variant);
    if (value !== undefined && !names.has(option)) names.set(option, `${name}${pascal(value)}`);
  }
}

const conversion = (direction: Direction): Omit<ConversionConfig, "definitions"> => ({
  target: "draft-2020-12",
  typeMode: direction,
  errorMode: "throw",
  // What a check means stands in `v.metadata` beside it or in the description.
  ignoreActions: ["check", "raw_check", "partial_check", "check_items", "brand", "readonly"],
  overrideRef: ({ referenceId }) => prefix + nameOf(referenceId),
  overrideSchema: ({ valibotSchema, jsonSchema, errors }) =>
    errors ? undefined : amended(valibotSchema, jsonSchema, direction),
});

/** Adds what the converter leaves out: the type of a literal, the discriminator of a variant, fields with a default. */
function amended(schema: v.GenericSchema, json: Loose, direction: Direction): Loose {
  switch (schema.type) {
    case "literal":
      return {
        type:
          typeof json.const === "number"
            ? "number"
            : typeof json.const === "boolean"
              ? "boolean"
              : "string",
        ...json,
      };
    case "nullish":
      return direction === "output" ? withoutNull(schema, json) : json;
    case "variant":
      return { ...json, ...discriminator(schema, json) };
    case "object":
    case "strict_object":
    case "loose_object":
    case "object_with_rest":
      return withRequired(schema, json, direction);
    default:
      return json;
  }
}

/** A field that may be left out, or null instead, is never null in what was made of it. */
function withoutNull(schema: v.GenericSchema, json: Loose): Loose {
  const { anyOf, ...rest } = json;
  const [value] = anyOf ?? [];
  const isLeftOut = "default" in schema && schema.default !== undefined;
  return isLeftOut && typeof value === "object" ? { ...value, ...rest } : json;
}

function discriminator(variant: v.GenericSchema, json: Loose): object {
  const mapping: Record<string, string> = {};
  partsOf(variant).forEach((option, index) => {
    const value = literalOf(option, variant);
    const shown = json.oneOf?.[index];
    if (value !== undefined && typeof shown === "object" && shown.$ref) mapping[value] = shown.$ref;
  });
  return { discriminator: { propertyName: (variant as { key?: unknown }).key, mapping } };
}

function withRequired(schema: v.GenericSchema, json: Loose, direction: Direction): Loose {
  const required = new Set(json.required);
  const entries = "entries" in schema ? (schema.entries as v.ObjectEntries) : {};
  for (const [name, entry] of Object.entries(entries)) {
    const hasDefault = v.getDefault(entry) !== undefined;
    if (direction === "output" && hasDefault) required.add(name);
  }
  const { required: _, ...rest } = json;
  return required.size > 0 ? { ...rest, required: [...required] } : rest;
}

/** The names whose shape differs between the directions, or that refer to one that does. */
function differing(
  input: Readonly<Record<string, JsonSchema>>,
  output: Readonly<Record<string, JsonSchema>>,
): ReadonlySet<string> {
  const names = new Set<string>();
  const shared = Object.keys(input).filter((name) => name in output);
  for (const name of shared) {
    if (JSON.stringify(input[name]) !== JSON.stringify(output[name])) names.add(name);
  }
  for (let size = -1; size !== names.size;) {
    size = names.size;
    for (const name of shared) {
      const text = JSON.stringify(input[name]);
      if ([...names].some((other) => text.includes(`"${prefix}${other}"`))) names.add(name);
    }
  }
  return names;
}

function withInputNames(schema: JsonSchema, renamed: ReadonlySet<string>): JsonSchema {
  if (renamed.size === 0) return schema;
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) =>
    typeof value === "string" && value.startsWith(prefix) && renamed.has(value.slice(prefix.length))
      ? `${value}Input`
      : value,
  ) as JsonSchema;
}
