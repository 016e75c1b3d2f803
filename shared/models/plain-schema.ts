import { entriesOf, type Fields, fieldsOf } from "../schema/json-fields.ts";
import { targetOf } from "../schema/local-reference.ts";

const mostLevels = 8;
/** More than stand in a schema that is offered, unless it refers to much again and again. */
const mostNodes = 2_000;

/**
 * A schema of arguments in the few words that every server reads, each value with one type. What this leaves out makes it
 * looser, a choice of types becomes the first, and what refers to itself is any object there; the arguments are checked by
 * the whole schema all the same.
 */
export function plainSchema(root: Fields): Fields {
  let nodes = 0;
  const plain = (given: unknown, level: number, around: readonly string[]): Fields => {
    nodes += 1;
    const { schema, followed } = meaningOf(root, fieldsOf(given), around);
    const within = (part: unknown) => plain(part, level + 1, followed);
    const { type, description, properties, required, items, prefixItems } = schema;
    const about = typeof description === "string" && { description };
    if (level > mostLevels || nodes > mostNodes) return { type: "string", ...about };
    const [choice] = ["anyOf", "oneOf", "allOf"]
      .flatMap((word) => entriesOf(schema[word]))
      .filter((one) => fieldsOf(one)["type"] !== "null");
    const [name] = [type].flat().filter((one) => typeof one === "string" && one !== "null");
    if (name === undefined && choice !== undefined) {
      return { ...within(choice), ...about };
    }
    if (name === "object" || (name === undefined && properties !== undefined)) {
      const known = fieldsOf(properties);
      const needed = entriesOf(required).filter((one) => Object.hasOwn(known, String(one)));
      return {
        type: "object",
        ...about,
        properties: Object.fromEntries(
          Object.entries(known).map(([own, one]) => [own, within(one)]),
        ),
        ...(needed.length > 0 && { required: needed }),
      };
    }
    if (name === "array" || (name === undefined && items !== undefined)) {
      const [first] = entriesOf(prefixItems);
      return { type: "array", ...about, items: within(items ?? first) };
    }
    const values = "const" in schema ? [schema["const"]] : entriesOf(schema["enum"]);
    const isOfTexts = values.length > 0 && values.every((value) => typeof value === "string");
    const isText = name === "string" || (name === undefined && isOfTexts);
    return { type: name ?? "string", ...about, ...(isText && isOfTexts && { enum: values }) };
  };
  return plain(root, 0, []);
}

/** A schema, and what it refers to where it does; within what it refers to itself it is any object. */
function meaningOf(
  root: Fields,
  { $ref, ...own }: Fields,
  around: readonly string[],
): { readonly schema: Fields; readonly followed: readonly string[] } {
  if (typeof $ref !== "string" || !$ref.startsWith("#/")) return { schema: own, followed: around };
  if (around.includes($ref)) return { schema: { type: "object", ...own }, followed: around };
  const meant = meaningOf(root, fieldsOf(targetOf(root, $ref)), [...around, $ref]);
  return { ...meant, schema: { ...meant.schema, ...own } };
}
