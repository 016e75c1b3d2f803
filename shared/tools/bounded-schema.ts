import { type Fields, isFields } from "../schema/json-fields.ts";
import { targetOf } from "../schema/local-reference.ts";

const mostNodes = 20_000;

type Schema = Fields;

const words = (text: string) => new Set(text.split(" "));
const schemas = words("additionalProperties contains propertyNames items");
const listsOfSchemas = words("allOf anyOf oneOf prefixItems");
const namedSchemas = words("properties dependentSchemas");
const limits = words(
  "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength minItems maxItems " +
    "minContains minProperties maxProperties",
);

const types: readonly unknown[] = "string number integer boolean array object null".split(" ");
const isType = (value: unknown) =>
  (Array.isArray(value) ? value : [value]).every((one) => types.includes(one));
const isListOfTexts = (value: unknown) =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

/** Words whose values are no schemas, and what these look like. A word that is written otherwise says nothing. */
const data = new Map<string, (value: unknown) => boolean>([
  ["type", isType],
  ["enum", Array.isArray],
  ["const", () => true],
  ["required", isListOfTexts],
  ["dependentRequired", (value) => isFields(value) && Object.values(value).every(isListOfTexts)],
]);

class UnboundedError extends Error {}

/**
 * Rewrites a JSON Schema so that applying it takes a time in proportion to the data: local `$ref`s are replaced by what
 * they mean; regular expressions, formats, comparisons of all items with all and negations are left out. Everything
 * that the schema admits is still admitted. Undefined when that cannot be done within 20,000 nodes: a schema with
 * references in a circle or to elsewhere.
 */
export function boundedSchema(
  root: Schema,
): { readonly schema: Schema; readonly nodes: number } | undefined {
  let nodes = 0;
  const following: string[] = [];

  const count = (more: number) => {
    nodes += more;
    if (nodes > mostNodes) throw new UnboundedError();
  };

  const follow = (reference: unknown): unknown => {
    if (typeof reference !== "string" || following.includes(reference)) throw new UnboundedError();
    following.push(reference);
    const meant = targetOf(root, reference);
    if (meant === undefined) throw new UnboundedError();
    const target = rewrite(meant);
    following.pop();
    return target;
  };

  const rewrite = (schema: unknown): unknown => {
    count(1);
    if (typeof schema === "boolean") return schema;
    if (!isFields(schema)) throw new UnboundedError();
    const written: Record<string, unknown> = {};
    const all: unknown[] = [];
    for (const [keyword, value] of Object.entries(schema)) {
      if (value === null && keyword !== "const") continue;
      if (keyword === "$ref") all.push(follow(value));
      else if (keyword === "allOf") all.push(...list(value));
      // Without the patterns more than one may fit.
      else if (keyword === "oneOf") all.push({ anyOf: list(value) });
      else if (listsOfSchemas.has(keyword)) written[keyword] = list(value);
      else if (namedSchemas.has(keyword)) written[keyword] = named(value);
      else if (schemas.has(keyword)) {
        const isKnown = keyword !== "additionalProperties" || !("patternProperties" in schema);
        // A list of items is how older drafts say `prefixItems`.
        if (isKnown && !Array.isArray(value)) written[keyword] = rewrite(value);
      } else if (data.get(keyword)?.(value) === true) {
        count(nodesOf(value));
        written[keyword] = value;
      } else if (limits.has(keyword) && typeof value === "number") written[keyword] = value;
    }
    const whole = all.length === 0 ? written : { ...written, allOf: all };
    if (schema["nullable"] !== true) return whole;
    // OpenAPI's word, of which models are told.
    count(2);
    return { anyOf: [{ type: "null" }, whole] };
  };

  const list = (value: unknown): unknown[] => {
    if (!Array.isArray(value)) throw new UnboundedError();
    return value.map(rewrite);
  };

  const named = (value: unknown): unknown => {
    if (!isFields(value)) throw new UnboundedError();
    return Object.fromEntries(
      Object.entries(value).map(([name, schema]) => [name, rewrite(schema)]),
    );
  };

  try {
    const schema = rewrite(root);
    return isFields(schema) ? { schema, nodes } : undefined;
  } catch (error) {
    // A `RangeError` is the end of the stack.
    if (error instanceof UnboundedError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** How many values a JSON value is made of. */
export function nodesOf(root: unknown): number {
  let nodes = 0;
  const waiting = [root];
  while (waiting.length > 0) {
    const next = waiting.pop();
    nodes += 1;
    if (typeof next !== "object" || next === null) continue;
    for (const part of Array.isArray(next) ? next : Object.values(next)) waiting.push(part);
  }
  return nodes;
}
