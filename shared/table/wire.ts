import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Key } from "./keys.ts";
import type { Item } from "./table.ts";

/**
 * People's own JSON can hold what DynamoDB cannot: numbers beyond its range, halves of surrogate pairs, fields without
 * a name, any depth. Such a value is stored as JSON text, alone in a map under this name.
 */
const asText = "$json";

/** DynamoDB's own bounds are a little wider. */
const largest = 1e125;
const smallest = 1e-129;
/** DynamoDB takes 32 levels, those of the item included. */
const deepest = 20;

/** An item, a key or values as DynamoDB takes them; what is undefined is left out. Reading it back gives the same. */
export function toWire(values: object): Record<string, AttributeValue> {
  return mapOf(values, 1);
}

/** A row's address as DynamoDB takes it, whatever else the row has. */
export const toWireKey = ({ pk, sk }: Key) => toWire({ pk, sk });

/** A row of the table as DynamoDB gives it. */
export const fromWire = (attributes: Record<string, AttributeValue>): Item =>
  // Rows come with attributes that only their noun knows; that they have a key is what the table is.
  objectOf(attributes) as Item;

function mapOf(values: object, depth: number): Record<string, AttributeValue> {
  const map: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) map[name] = attributeOf(value, depth);
  }
  return map;
}

function attributeOf(value: unknown, depth: number): AttributeValue {
  if (typeof value === "string") return value.isWellFormed() ? { S: value } : text(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be stored.`);
    const size = Math.abs(value);
    return size > largest || (size < smallest && size > 0) ? text(value) : { N: String(value) };
  }
  if (typeof value === "boolean") return { BOOL: value };
  if (value === null) return { NULL: true };
  if (typeof value !== "object") throw new TypeError(`A ${typeof value} cannot be stored.`);
  if (value instanceof Uint8Array) return { B: value };
  if (depth >= deepest) return text(value);
  if (Array.isArray(value)) {
    const list = value.filter((entry) => entry !== undefined);
    return { L: list.map((entry) => attributeOf(entry, depth + 1)) };
  }
  return isMap(value) ? { M: mapOf(value, depth + 1) } : text(value);
}

/** Whether it can be a map, and one that is not taken for text when it is read. */
const isMap = (value: object) =>
  Object.keys(value).every((name) => !never.has(name) && name.isWellFormed());
const never = new Set(["", "__proto__", asText]);

const text = (value: unknown): AttributeValue => ({
  M: { [asText]: { S: JSON.stringify(value) } },
});

function objectOf(map: Record<string, AttributeValue>): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const name of Object.keys(map)) {
    const attribute = map[name];
    if (attribute) object[name] = valueOf(attribute);
  }
  return object;
}

function valueOf(attribute: AttributeValue): unknown {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.M !== undefined) {
    const json = attribute.M[asText]?.S;
    return json === undefined ? objectOf(attribute.M) : (JSON.parse(json) as unknown);
  }
  if (attribute.L !== undefined) return attribute.L.map(valueOf);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.B !== undefined) return attribute.B;
  return null;
}
