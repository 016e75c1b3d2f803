import { entriesOf, type Fields, fieldsOf, isFields } from "../schema/json-fields.ts";
import { targetOf } from "../schema/local-reference.ts";
import { nodesOf } from "./bounded-schema.ts";

const mostLevels = 64;
/** The most values that are written, twice what can stand in a schema of 32 KB. */
const mostNodes = 20_000;

const words = (text: string) => new Set(text.split(" "));
const texts = words("title description format contentEncoding contentMediaType");
const numbers = words(
  "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength minItems maxItems minContains " +
    "maxContains minProperties maxProperties",
);
const truths = words("uniqueItems deprecated readOnly writeOnly");
const anything = words("const default");
const lists = words("examples");
const schemas = words("additionalProperties contains propertyNames not if then else");
const listsOfSchemas = words("anyOf oneOf allOf prefixItems");
const namedSchemas = words("properties dependentSchemas $defs definitions");

/** What others call a type that JSON Schema has under another name. */
const typeNames = new Map([
  ["float", "number"],
  ["double", "number"],
  ["decimal", "number"],
  ["int", "integer"],
  ["int32", "integer"],
  ["int64", "integer"],
  ["long", "integer"],
  ["str", "string"],
  ["text", "string"],
  ["bool", "boolean"],
  ["list", "array"],
  ["dict", "object"],
  ...["string", "number", "integer", "boolean", "array", "object", "null"].map(
    (name) => [name, name] as const,
  ),
]);

/** A schema for vendors, and what of its properties the server calls by another name. */
export interface VendorSchema {
  readonly schema: Fields & { readonly type: "object" };
  readonly own_names: Readonly<Record<string, string>>;
}

/**
 * Writes the schema of a tool's arguments in the form that all vendors of models take: an object with `properties`,
 * nothing but properties at its root, names of letters, digits, `_`, `.` and `-`, only words and types of JSON Schema
 * 2020-12, and no regular expressions. What this leaves out makes it looser; the server still checks. Returns why no vendor
 * would take it, where that is so.
 */
export function vendorSchema(root: Fields): VendorSchema | { readonly problem: string } {
  const { type } = root;
  const types = Array.isArray(type) ? type : [type ?? "object"];
  if (!types.some((one) => one === "object" || one === "dict")) {
    return { problem: "its arguments are no object" };
  }
  try {
    return objectOf(root);
  } catch (error) {
    if (error instanceof RangeError) return { problem: "its schema is nested too deeply" };
    if (error instanceof TooLargeError) return { problem: "its schema combines too much" };
    throw error;
  }
}

/** The root: the properties of all that it combines stand beside each other, and only what all need is needed. */
function objectOf(root: Fields): VendorSchema {
  const rewrite = createRewriter();
  const whole = meaningOf(root, root);
  const parts = (word: string) =>
    entriesOf(whole(word)).map((part) => meaningOf(root, fieldsOf(part)));
  const all = [whole, ...parts("allOf")];
  const some = [...parts("anyOf"), ...parts("oneOf")];

  // Many parts may refer to one schema, whose properties are read once.
  const known = new Map<string, Map<string, Fields>>();
  for (const properties of new Set([...all, ...some].map((part) => part("properties")))) {
    for (const [name, schema] of Object.entries(rewrite.named(properties))) {
      const different = known.get(name) ?? new Map<string, Fields>();
      known.set(name, different.set(JSON.stringify(schema), schema));
    }
  }
  const offered = offeredNames([...known.keys()]);
  const properties = [...known].map(([name, different]) => {
    const [first = {}, ...rest] = different.values();
    return [offered.get(name) ?? name, rest.length === 0 ? first : { anyOf: [first, ...rest] }];
  });
  const needed = [...new Set(all.map((part) => part("required")))].flatMap(namesIn);
  const required = new Set(needed.flatMap((name) => offered.get(name) ?? []));
  const kept = Object.fromEntries(
    [...atRoot, "patternProperties"].map((word) => [word, whole(word)]),
  );
  const changed = [...offered].filter(([own, name]) => own !== name);
  const schema = {
    ...rewrite.schema(kept, 1),
    type: "object",
    properties: Object.fromEntries(properties),
    ...(required.size > 0 && { required: [...required] }),
  } as const;
  rewrite.mendReferences(schema);
  return {
    schema,
    own_names: Object.fromEntries(changed.map(([own, name]) => [name, own])),
  };
}

/** Names of properties as vendors take them, by the server's own. */
function offeredNames(own: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set(own);
  const offered = new Map<string, string>();
  // Where to go on counting, so that many twins do not each count from the start.
  const counts = new Map<string, number>();
  for (const name of own) {
    const cleaned = name.replaceAll(/[^\w.-]/g, "_").slice(0, 58) || "_";
    let other = cleaned;
    let n = counts.get(cleaned) ?? 2;
    for (; other !== name && taken.has(other); n += 1) other = `${cleaned}_${n}`;
    counts.set(cleaned, n);
    taken.add(other);
    offered.set(name, other);
  }
  return offered;
}

/** Arguments under the names that the server knows. */
export function underOwnNames(args: unknown, own: VendorSchema["own_names"]): unknown {
  if (!isFields(args) || Object.keys(own).length === 0) return args;
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      Object.hasOwn(own, name) ? (own[name] ?? name) : name,
      value,
    ]),
  );
}

const atRoot = ["title", "description", "additionalProperties", "$defs", "definitions"];

/** Reads the words of a schema, and where it is a reference those of what it refers to; its own come first. */
function meaningOf(root: Fields, schema: Fields): (word: string) => unknown {
  const all = [schema];
  for (let found = schema; "$ref" in found && all.length < 9; all.push(found)) {
    found = fieldsOf(targetOf(root, found["$ref"]));
  }
  return (word) => all.find((one) => Object.hasOwn(one, word))?.[word];
}

const namesIn = (value: unknown): string[] =>
  entriesOf(value).filter((name) => typeof name === "string");

class TooLargeError extends Error {}

interface Rewriter {
  readonly schema: (schema: unknown, level: number) => Fields;
  /** Schemas under names, as those of `properties`, at the root. */
  readonly named: (schemas: unknown) => Readonly<Record<string, Fields>>;
  /** Makes references to what is not in the whole as it was written say nothing. */
  readonly mendReferences: (root: Fields) => void;
}

function createRewriter(): Rewriter {
  let nodes = 0;
  const references: { $ref?: string }[] = [];
  const count = (more: number) => {
    nodes += more;
    if (nodes > mostNodes) throw new TooLargeError();
  };

  const rewrite = (schema: unknown, level: number): Fields => {
    count(1);
    if (level > mostLevels) throw new RangeError();
    if (!isFields(schema)) return schema === false ? { not: {} } : {};
    // Beside a reference nothing else counts for some.
    const { $ref } = schema;
    if (typeof $ref === "string") {
      const reference = { $ref };
      references.push(reference);
      return reference;
    }
    const written: Record<string, unknown> = {};
    for (const [word, value] of Object.entries(schema)) {
      const kept = keep(word, value, level);
      if (kept !== undefined) written[word] = kept;
    }
    return completed(written, schema);
  };

  const keep = (word: string, value: unknown, level: number): unknown => {
    if (anything.has(word)) return copied(value);
    if (value === null || value === undefined) return undefined;
    if (texts.has(word)) return typeof value === "string" ? value : undefined;
    if (numbers.has(word)) return typeof value === "number" ? value : undefined;
    if (truths.has(word)) return typeof value === "boolean" ? value : undefined;
    if (lists.has(word)) return Array.isArray(value) ? copied(value) : undefined;
    if (word === "type") return typeOf(value);
    if (word === "enum") {
      return Array.isArray(value) && value.length > 0 ? copied(value) : undefined;
    }
    if (word === "required") return Array.isArray(value) ? copied(namesIn(value)) : undefined;
    // A list of items is how older drafts say `prefixItems`.
    if (word === "items") {
      return rewrite(Array.isArray(value) ? { anyOf: value } : value, level + 1);
    }
    if (schemas.has(word)) return typeof value === "boolean" ? value : rewrite(value, level + 1);
    if (listsOfSchemas.has(word)) {
      if (!Array.isArray(value) || value.length === 0) return undefined;
      return value.map((one) => rewrite(one, level + 1));
    }
    return namedSchemas.has(word) && isFields(value) ? named(value, level) : undefined;
  };

  const copied = (value: unknown) => {
    count(nodesOf(value));
    return value;
  };

  const named = (value: unknown, level: number) =>
    Object.fromEntries(
      Object.entries(fieldsOf(value))
        .filter(([, one]) => one !== false)
        .map(([name, one]) => [name, rewrite(one, level + 1)]),
    );

  return {
    schema: rewrite,
    named: (value) => named(value, 1),
    mendReferences: (root) => {
      const toNowhere = references.filter(({ $ref }) => !isFields(targetOf(root, $ref)));
      for (const reference of toNowhere) delete reference.$ref;
    },
  };
}

/**
 * Lists without `items` are refused by some, and so is that a property is needed which is not described; `nullable` is
 * OpenAPI's word. Each vendor reads other regular expressions and refuses what it cannot read: they are said in words.
 */
function completed(
  written: Record<string, unknown>,
  { nullable, pattern, patternProperties }: Fields,
): Fields {
  const { type, properties, required, description } = written;
  if (typeof pattern === "string") {
    written["description"] = [description, `Pattern: ${pattern}`].filter(Boolean).join(" ");
  }
  if (isFields(patternProperties)) delete written["additionalProperties"];
  if (isFields(properties) && Array.isArray(required)) {
    const known = required.filter((name: string) => Object.hasOwn(properties, name));
    if (known.length > 0) written["required"] = known;
    else delete written["required"];
  }
  const isList = type === "array" || (Array.isArray(type) && type.includes("array"));
  if (isList && written["items"] === undefined) written["items"] = {};
  if (nullable === true && typeof type === "string") written["type"] = [type, "null"];
  return written;
}

function typeOf(value: unknown): unknown {
  const known = (name: unknown) =>
    typeof name === "string" ? typeNames.get(name.toLowerCase()) : undefined;
  if (!Array.isArray(value)) return known(value);
  const all = value.map(known);
  return all.length > 0 && all.every((name) => name !== undefined) ? [...new Set(all)] : undefined;
}
