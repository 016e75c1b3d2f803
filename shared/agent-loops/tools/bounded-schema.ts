const mostNodes = 20_000;

/** Keywords whose values are schemas by names that people chose. */
const named = new Set(["properties", "dependentSchemas"]);
/** Keywords whose values are data. */
const data = new Set(["enum", "const", "required", "type", "dependentRequired"]);
/** Keywords that say nothing about arguments, or that cost more than they tell: patterns can take for ever. */
const dropped = new Set(
  (
    "$schema $id $anchor $defs definitions $comment title description default examples deprecated readOnly writeOnly " +
    "pattern patternProperties format uniqueItems contentEncoding contentMediaType contentSchema"
  ).split(" "),
);

type Schema = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

class UnboundedError extends Error {}

/**
 * Rewrites a JSON Schema so that applying it takes a time in proportion to the data: local `$ref`s replaced by what
 * they mean, no regular expressions, no comparison of all items with all. It admits what the schema admits, and a
 * little more. Undefined when that cannot be done within 20,000 nodes: references in a circle, or to elsewhere.
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
    const target = rewrite(resolve(root, reference));
    following.pop();
    return target;
  };

  const rewrite = (schema: unknown): unknown => {
    count(1);
    if (typeof schema === "boolean") return schema;
    if (!isObject(schema)) throw new UnboundedError();
    const written: Record<string, unknown> = {};
    const referred: unknown[] = [];
    for (const [keyword, value] of Object.entries(schema)) {
      if (keyword === "$ref") referred.push(follow(value));
      else if (keyword.startsWith("$dynamic") || keyword.startsWith("$recursive")) {
        throw new UnboundedError();
      } else if (dropped.has(keyword)) continue;
      else if (keyword.startsWith("additional") || keyword.startsWith("unevaluated")) {
        // What the patterns admit is not known without them.
        if (!("patternProperties" in schema)) written[keyword] = rewrite(value);
      } else written[keyword] = rewriteValue(keyword, value);
    }
    if (referred.length > 0) {
      const others = Array.isArray(written["allOf"]) ? written["allOf"] : [];
      written["allOf"] = [...others, ...referred];
    }
    return written;
  };

  const rewriteValue = (keyword: string, value: unknown): unknown => {
    if (data.has(keyword)) {
      count(nodesOf(value));
      return value;
    }
    if (named.has(keyword) && isObject(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([name, schema]) => [name, rewrite(schema)]),
      );
    }
    if (Array.isArray(value)) return value.map(rewrite);
    return isObject(value) || typeof value === "boolean" ? rewrite(value) : value;
  };

  try {
    const schema = rewrite(root);
    return isObject(schema) ? { schema, nodes } : undefined;
  } catch (error) {
    // Nested too deeply for the stack, too.
    if (error instanceof UnboundedError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Follows a JSON pointer (RFC 6901) in a fragment. */
function resolve(root: Schema, reference: string): unknown {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) throw new UnboundedError();
  let found: unknown = root;
  for (const part of reference.slice(2).split("/")) {
    const key = decoded(part).replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(found)) found = found[Number(key)];
    else if (isObject(found) && Object.hasOwn(found, key)) found = found[key];
    else throw new UnboundedError();
  }
  return found;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new UnboundedError();
  }
}

/** How many values a JSON value is made of. */
export function nodesOf(value: unknown): number {
  let nodes = 0;
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    nodes += 1;
    if (typeof next === "object" && next !== null) waiting.push(...Object.values(next));
  }
  return nodes;
}
