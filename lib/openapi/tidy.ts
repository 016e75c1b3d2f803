import type { Direction, JsonSchema } from "./json-schema.ts";

/** What an answer may break one day without breaking anybody: clients read answers tolerantly. */
const bounds: ReadonlySet<string> = new Set([
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "minItems",
  "maxItems",
  "maxProperties",
  "uniqueItems",
]);

/** What tidying a schema needs to know. */
interface Tidying {
  readonly direction: Direction;
  /** What is a component of this name, as it was converted; undefined when nothing is. */
  readonly componentOf: (title: string) => JsonSchema | undefined;
  /** How another component is referred to. */
  readonly refTo: (name: string) => string;
}

/**
 * Makes a converted schema one that people and generators can live with: what has a title becomes a reference, scalars
 * that may be null have two types, defaults are no objects, and answers are open and have no bounds.
 */
export const tidy = (schema: JsonSchema, how: Tidying): JsonSchema => {
  const { title: _, ...untitled } = schema;
  return tidied(untitled, how);
};

function tidied(given: JsonSchema, how: Tidying): JsonSchema {
  const referred = asReference(given, how);
  if (referred) return referred;
  const schema = withTwoTypes(mapParts(given, (part) => tidied(part, how)));
  return Object.fromEntries(
    Object.entries(schema).filter(([keyword, rule]) => !isLeftOut(keyword, rule, how.direction)),
  );
}

function isLeftOut(keyword: string, rule: unknown, direction: Direction): boolean {
  if (keyword === "default") return isSchema(rule);
  if (keyword === "minLength" && rule === 0) return true;
  if (keyword === "propertyNames") return JSON.stringify(rule) === '{"type":"string"}';
  if (direction === "input") return false;
  return bounds.has(keyword) || (keyword === "additionalProperties" && rule === false);
}

/** The converter writes a schema out where a description or the like was added to it; its title tells which it is. */
function asReference(schema: JsonSchema, { componentOf, refTo }: Tidying): JsonSchema | undefined {
  const { title, description } = schema;
  const component = typeof title === "string" ? componentOf(title) : undefined;
  if (!component) return undefined;
  return {
    $ref: refTo(String(title)),
    ...(description !== component["description"] && { description }),
    ...("default" in schema && !isLeftOut("default", schema["default"], "input")
      ? { default: schema["default"] }
      : {}),
  };
}

/**
 * `type: [string, null]`, which says what `anyOf` says of a scalar. Unions, lists, objects and names stay apart, below
 * their description.
 */
function withTwoTypes(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema;
  const [value, nothing, ...more] = (anyOf ?? []) as readonly JsonSchema[];
  if (!value || more.length > 0 || nothing?.["type"] !== "null") return schema;
  const { type, description, ...undescribed } = value;
  const isScalar = ["string", "number", "integer", "boolean"].some((one) => one === type);
  if (isScalar && !("enum" in value) && !("const" in value)) {
    return { ...value, ...rest, type: [type, "null"] };
  }
  if (description === undefined || "$ref" in value) return schema;
  const named = type === undefined ? undescribed : { type, ...undescribed };
  return { description, ...schema, anyOf: [named, nothing] };
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A schema with each schema in it changed; names of fields are no keywords. */
function mapParts(schema: JsonSchema, change: (part: JsonSchema) => JsonSchema): JsonSchema {
  const parts = Object.entries(schema).map(([keyword, rule]): [string, unknown] => {
    switch (keyword) {
      case "properties":
        return [
          keyword,
          Object.fromEntries(
            // The rule of this keyword is a schema for each name.
            Object.entries(rule as Readonly<Record<string, JsonSchema>>).map(([name, part]) => [
              name,
              change(part),
            ]),
          ),
        ];
      case "anyOf":
      case "oneOf":
      case "allOf":
        return [keyword, (rule as readonly JsonSchema[]).map(change)];
      case "items":
      case "not":
      case "additionalProperties":
      case "propertyNames":
        return [keyword, isSchema(rule) ? change(rule) : rule];
      default:
        return [keyword, rule];
    }
  });
  return Object.fromEntries(parts);
}
