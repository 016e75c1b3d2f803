import { type Json, resolve } from "./json-schema.ts";

/** A schema of a document with its place. */
export interface PlacedSchema {
  readonly at: string;
  readonly schema: Json;
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The schemas that a schema is made of, one level down; names of fields are no keywords. */
export function partsOf({ at, schema }: PlacedSchema): readonly PlacedSchema[] {
  const named = Object.entries((schema["properties"] ?? {}) as Json).map(
    ([name, part]) => [`${at}.${name}`, part] as const,
  );
  const single = ["items", "additionalProperties", "propertyNames", "not"].map(
    (keyword) => [`${at}.${keyword}`, schema[keyword]] as const,
  );
  const many = ["anyOf", "oneOf", "allOf"].flatMap((keyword) =>
    ((schema[keyword] ?? []) as readonly unknown[]).map(
      (part, index) => [`${at}.${keyword}.${index}`, part] as const,
    ),
  );
  return [...named, ...single, ...many].flatMap(([place, part]) =>
    isObject(part) ? [{ at: place, schema: part }] : [],
  );
}

/** A schema and all that it is made of; what it refers to by name is not followed. */
export const withParts = (placed: PlacedSchema): readonly PlacedSchema[] => [
  placed,
  ...partsOf(placed).flatMap(withParts),
];

/** The components of a document. */
export const componentsOf = (document: Json): readonly PlacedSchema[] =>
  Object.entries((document["components"] as { schemas: Json }).schemas).map(([at, schema]) => ({
    at,
    schema: schema as Json,
  }));

/** What stands under `schema` anywhere below a part of a document, such as its paths; envelopes are opened. */
export function usedIn(part: unknown, at: string): readonly PlacedSchema[] {
  if (Array.isArray(part)) return part.flatMap((one, index) => usedIn(one, `${at}/${index}`));
  if (!isObject(part)) return [];
  return Object.entries(part).flatMap(([key, value]) => {
    const place = `${at}/${key}`;
    if (key !== "schema" || !isObject(value)) return usedIn(value, place);
    const { properties } = value as { properties?: Json };
    if (!properties || !("data" in properties)) return [{ at: place, schema: value }];
    return Object.entries(properties).map(([name, schema]) => ({
      at: `${place}.${name}`,
      schema: schema as Json,
    }));
  });
}

/** All schemas that can be reached from some, each component once. */
export function reachableFrom(document: Json, given: readonly PlacedSchema[]): PlacedSchema[] {
  const seen = new Set<string>();
  const visit = (placed: PlacedSchema): readonly PlacedSchema[] =>
    withParts(placed).flatMap((one) => {
      const { $ref } = one.schema;
      if (typeof $ref !== "string") return [one];
      if (seen.has($ref)) return [];
      seen.add($ref);
      return visit({ at: $ref.split("/").at(-1) ?? $ref, schema: resolve(document, $ref) });
    });
  return given.flatMap(visit);
}
