import type * as v from "valibot";

/** What schemas of any type may hold; Valibot's generic schema has forgotten it. */
type Part = v.GenericSchema & Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is v.GenericSchema =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "schema";

/** The schemas that a schema is made of: options, entries, items, what it wraps, pipes or makes lazily. */
export function partsOf(schema: v.GenericSchema): readonly v.GenericSchema[] {
  const part = schema as Part;
  const many = [part["options"], part["items"], Object.values(part["entries"] ?? {})].flat();
  const single = [part["wrapped"], part["item"], part["rest"], part["key"], part["value"]];
  const lazy = typeof part["getter"] === "function" ? [part["getter"](undefined)] : [];
  // The first of a pipe is the schema itself, unless it has a pipe of its own, in which it may have a title.
  const [first, ...piped] = pipeOf(schema);
  const inner = isSchema(first) && pipeOf(first).length > 0 ? [first] : [];
  return [...many, ...single, ...lazy, ...inner, ...piped].filter(isSchema);
}

const pipeOf = (schema: v.GenericSchema): readonly unknown[] =>
  "pipe" in schema && Array.isArray(schema.pipe) ? schema.pipe : [];

/** The title in the schema's own pipe; one inside a piped schema belongs to that schema. */
export function titleOf(schema: v.GenericSchema): string | undefined {
  let title: string | undefined;
  for (const item of pipeOf(schema).slice(1)) {
    const { type, title: text } = item as { type?: unknown; title?: unknown };
    if (type === "title" && typeof text === "string") title = text;
  }
  return title;
}

/** The value that says that a variant is this option. */
export function literalOf(option: v.GenericSchema, variant: v.GenericSchema): string | undefined {
  const key = (variant as Part)["key"];
  const entries = (option as Part)["entries"] as Readonly<Record<string, Part>> | undefined;
  const literal = typeof key === "string" ? entries?.[key]?.["literal"] : undefined;
  return typeof literal === "string" ? literal : undefined;
}
