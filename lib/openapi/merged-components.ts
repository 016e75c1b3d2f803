import type { Direction, JsonSchema } from "./json-schema.ts";

/**
 * Two shapes of one name as one: equal ones as they are, and answers of which one has all that the other has, and more
 * that may be missing then, as a secret that is shown once. Throws a sentence when they are two things.
 */
export function mergedComponents(
  name: string,
  one: JsonSchema,
  other: JsonSchema,
  direction: Direction,
): JsonSchema {
  if (isSame(one, other)) return one;
  const [first, second] = [fieldsOf(one), fieldsOf(other)];
  const isOneThing = isWithin(first, second) || isWithin(second, first);
  if (direction === "input" || !isOneThing) {
    throw new Error(`Two schemas are called ${name}. Give one of them a v.title of its own.`);
  }
  const required = requiredOf(one).filter((field) => requiredOf(other).includes(field));
  return { ...other, ...one, properties: { ...first, ...second }, required };
}

/** Whether all fields of the first are fields of the second, and look the same there. */
const isWithin = (first: Fields, second: Fields) =>
  Object.keys(first).length > 0 &&
  Object.entries(first).every(([field, schema]) => isSame(schema, second[field]));

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
// The rules of these keywords, where a schema has them.
type Fields = Readonly<Record<string, JsonSchema>>;
const fieldsOf = (schema: JsonSchema) => (schema["properties"] ?? {}) as Fields;
const requiredOf = (schema: JsonSchema) => (schema["required"] ?? []) as readonly string[];
