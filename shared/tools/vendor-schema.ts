import { type Fields, fieldsOf, isFields } from "../schema/json-fields.ts";

const mostLevels = 64;

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
const namedSchemas = words("properties patternProperties dependentSchemas $defs definitions");

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
 * 2020-12. What this leaves out makes it
 * looser; the server still checks. Returns why no vendor would take it, where that is so.
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
    throw error;
  }
}

/** The root: the properties of all that it combines stand beside each other, and only what all need is needed. */
function objectOf(root: Fields): VendorSchema {
  const rewrite = rewriterOf(root);
  const whole = resolved(root, root);
  const parts = (word: string) =>
    (Array.isArray(whole[word]) ? whole[word] : []).map((part) => resolved(root, fieldsOf(part)));
  const all = [whole, ...parts("allOf")].map((part) => rewrite(part, 1));
  const some = [...parts("anyOf"), ...parts("oneOf")].map((part) => rewrite(part, 1));

  const known = new Map<string, unknown[]>();
  for (const [name, schema] of [...all, ...some].flatMap((part) =>
    Object.entries(fieldsOf(part["properties"])),
  )) {
    known.set(name, [...(known.get(name) ?? []), schema]);
  }
  const offered = offeredNames([...known.keys()]);
  const properties = [...known].map(([name, [first, ...rest]]) => {
    const isOne = rest.every((one) => JSON.stringify(one) === JSON.stringify(first));
    return [offered.get(name) ?? name, isOne ? first : { anyOf: [first, ...rest] }];
  });
  const needed = all.flatMap((part) => namesIn(part["required"]));
  const required = new Set(needed.map((name) => offered.get(name) ?? name));
  const kept = Object.entries(rewrite(whole, 1)).filter(([word]) => atRoot.has(word));
  const changed = [...offered].filter(([own, name]) => own !== name);
  return {
    schema: {
      ...Object.fromEntries(kept),
      type: "object",
      properties: Object.fromEntries(properties),
      ...(required.size > 0 && { required: [...required] }),
    },
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

const atRoot = words("title description additionalProperties $defs definitions");

/** What a schema refers to, if it is a reference. */
function resolved(root: Fields, schema: Fields): Fields {
  let found = schema;
  for (let hops = 0; hops < 8 && "$ref" in found; hops += 1) {
    const { $ref, ...others } = found;
    found = { ...fieldsOf(targetOf(root, $ref)), ...others };
  }
  return found;
}

const namesIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];

function rewriterOf(root: Fields): (schema: unknown, level: number) => Fields {
  const rewrite = (schema: unknown, level: number): Fields => {
    if (level > mostLevels) throw new RangeError();
    if (!isFields(schema)) return schema === false ? { not: {} } : {};
    // Beside a reference nothing else counts for some; one to nowhere says nothing.
    const { $ref } = schema;
    if (typeof $ref === "string") {
      const isKept = /^#(?:$|\/(?:\$defs|definitions|properties)\/)/.test($ref);
      return isKept && targetOf(root, $ref) !== undefined ? { $ref } : {};
    }
    const written: Record<string, unknown> = {};
    for (const [word, value] of Object.entries(schema)) {
      const kept = keep(word, value, level);
      if (kept !== undefined) written[word] = kept;
    }
    return completed(written, schema);
  };

  const keep = (word: string, value: unknown, level: number): unknown => {
    if (anything.has(word)) return value;
    if (value === null || value === undefined) return undefined;
    if (texts.has(word)) return typeof value === "string" ? value : undefined;
    if (numbers.has(word)) return typeof value === "number" ? value : undefined;
    if (truths.has(word)) return typeof value === "boolean" ? value : undefined;
    if (lists.has(word)) return Array.isArray(value) ? value : undefined;
    if (word === "type") return typeOf(value);
    if (word === "enum") return Array.isArray(value) && value.length > 0 ? value : undefined;
    if (word === "required") return Array.isArray(value) ? namesIn(value) : undefined;
    if (word === "pattern") return isPattern(value) ? value : undefined;
    // A list of items is how older drafts say `prefixItems`.
    if (word === "items") {
      return rewrite(Array.isArray(value) ? { anyOf: value } : value, level + 1);
    }
    if (schemas.has(word)) return typeof value === "boolean" ? value : rewrite(value, level + 1);
    if (listsOfSchemas.has(word)) {
      if (!Array.isArray(value) || value.length === 0) return undefined;
      return value.map((one) => rewrite(one, level + 1));
    }
    if (!namedSchemas.has(word) || !isFields(value)) return undefined;
    const all = Object.entries(value).filter(
      ([name, one]) => one !== false && (word !== "patternProperties" || isPattern(name)),
    );
    return Object.fromEntries(all.map(([name, one]) => [name, rewrite(one, level + 1)]));
  };
  return rewrite;
}

/** Lists without `items` are refused by some; `nullable` is OpenAPI's word. */
function completed(written: Record<string, unknown>, { nullable }: Fields): Fields {
  const { type } = written;
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

function isPattern(value: unknown): value is string {
  if (typeof value !== "string") return false;
  try {
    return new RegExp(value, "u") instanceof RegExp;
  } catch {
    return false;
  }
}

/** What a local reference means; undefined when that is not in the schema. */
function targetOf(root: Fields, reference: unknown): unknown {
  if (reference === "#") return root;
  if (typeof reference !== "string" || !reference.startsWith("#/")) return undefined;
  let found: unknown = root;
  for (const part of reference.slice(2).split("/")) {
    const key = decoded(part)?.replaceAll("~1", "/").replaceAll("~0", "~");
    const here: unknown = found;
    if (key === undefined || typeof here !== "object" || here === null) return undefined;
    if (!Object.hasOwn(here, key)) return undefined;
    found = Array.isArray(here) ? here[Number(key)] : fieldsOf(here)[key];
  }
  return found;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
