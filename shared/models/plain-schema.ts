import { entriesOf, type Fields, fieldsOf } from "../schema/json-fields.ts";

const mostLevels = 8;
const mostNodes = 5_000;

/**
 * A schema of arguments in the few words that every server reads, each value with one type. What this leaves out makes it
 * looser, and a choice of types becomes the first; the arguments are checked by the whole schema all the same.
 */
export function plainSchema(root: Fields): Fields {
  let nodes = 0;
  const plain = (given: unknown, level: number): Fields => {
    nodes += 1;
    const schema = meaningOf(root, fieldsOf(given));
    const { type, description, properties, required, items, prefixItems } = schema;
    const about = typeof description === "string" && { description };
    if (level > mostLevels || nodes > mostNodes) return { type: "string", ...about };
    const [choice] = ["anyOf", "oneOf", "allOf"]
      .flatMap((word) => entriesOf(schema[word]))
      .filter((one) => fieldsOf(one)["type"] !== "null");
    const [name] = [type].flat().filter((one) => typeof one === "string" && one !== "null");
    if (name === undefined && choice !== undefined) {
      return { ...plain(choice, level + 1), ...about };
    }
    if (name === "object" || (name === undefined && properties !== undefined)) {
      const known = Object.entries(fieldsOf(properties));
      const needed = entriesOf(required).filter((one) => known.some(([own]) => own === one));
      return {
        type: "object",
        ...about,
        properties: Object.fromEntries(known.map(([own, one]) => [own, plain(one, level + 1)])),
        ...(needed.length > 0 && { required: needed }),
      };
    }
    if (name === "array" || (name === undefined && items !== undefined)) {
      const [first] = entriesOf(prefixItems);
      return { type: "array", ...about, items: plain(items ?? first, level + 1) };
    }
    const values = "const" in schema ? [schema["const"]] : entriesOf(schema["enum"]);
    const isOfTexts = values.length > 0 && values.every((value) => typeof value === "string");
    const isText = name === "string" || (name === undefined && isOfTexts);
    return { type: name ?? "string", ...about, ...(isText && isOfTexts && { enum: values }) };
  };
  return plain(root, 0);
}

/** A schema, and what it refers to where it does. */
function meaningOf(root: Fields, schema: Fields, left = mostLevels): Fields {
  const { $ref, ...own } = schema;
  if (typeof $ref !== "string" || !$ref.startsWith("#/") || left === 0) return own;
  const names = $ref.slice(2).split("/");
  const target = names.reduce<unknown>((found, name) => fieldsOf(found)[name], root);
  return { ...meaningOf(root, fieldsOf(target), left - 1), ...own };
}
