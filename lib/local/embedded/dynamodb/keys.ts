import { validationError } from "../aws-error.ts";
import type { SqlValue } from "../database.ts";
import {
  attribute,
  type AttributeValue,
  checkItem,
  type EngineItem,
  typeOf,
} from "./attribute-value.ts";
import {
  type EngineTableDefinition,
  type IndexDefinition,
  type KeyAttribute,
  type KeySchema,
  partsOf,
} from "./engine-table-definition.ts";
import { numberSortKey } from "./number.ts";

/** A key as it stands in the columns of SQLite; `range` is "" in tables without range key. */
export interface StoredKey {
  readonly hash: SqlValue;
  readonly range: SqlValue;
}

/** The most bytes of a hash key, and of a range key. */
export const maxHashBytes = 2_048;
export const maxRangeBytes = 1_024;

/** The value as a column whose byte order is DynamoDB's order. */
export function keyColumn(value: AttributeValue): SqlValue {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return numberSortKey(value.N);
  return Buffer.from(value.B ?? "", "base64");
}

/** Reads the Key of a request: exactly the key attributes, of the right types. */
export function readKey(table: EngineTableDefinition, key: Record<string, unknown>): StoredKey {
  const { hash, range } = table.key;
  checkItem(key);
  if (Object.keys(key).length !== (range === undefined ? 1 : 2)) throw wrongKey();
  const part = ({ name, type }: KeyAttribute, limit: number): SqlValue => {
    const value = attribute(key, name);
    if (value?.[type] === undefined) throw wrongKey();
    checkKeyLength(name, value, limit);
    return keyColumn(value);
  };
  return {
    hash: part(hash, maxHashBytes),
    range: range === undefined ? "" : part(range, maxRangeBytes),
  };
}

const wrongKey = () => validationError("The provided key element does not match the schema");

/** The key of a whole item; refuses missing, mistyped, empty and overlong key attributes. */
export function keyOfItem(table: EngineTableDefinition, item: EngineItem): StoredKey {
  const part = ({ name, type }: KeyAttribute, limit: number): SqlValue => {
    const value = attribute(item, name);
    if (value === undefined) {
      throw validationError(
        `One or more parameter values were invalid: Missing the key ${name} in the item`,
      );
    }
    if (value[type] === undefined) {
      throw validationError(
        `One or more parameter values were invalid: Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`,
      );
    }
    checkKeyLength(name, value, limit);
    return keyColumn(value);
  };
  const { hash, range } = table.key;
  return {
    hash: part(hash, maxHashBytes),
    range: range === undefined ? "" : part(range, maxRangeBytes),
  };
}

/** Refuses a key attribute that is missing, mistyped, empty or too long; the message begins with `prefix`. */
export function checkKeyPart(
  { name, type }: KeyAttribute,
  key: EngineItem,
  limit: number,
  prefix: string,
): void {
  const value = attribute(key, name);
  if (value === undefined) throw validationError(prefix);
  if (value[type] === undefined) {
    throw validationError(`${prefix}: The provided key element does not match the schema`);
  }
  const problem = lengthProblem(name, value, limit);
  if (problem !== undefined) throw validationError(`${prefix}: ${problem}`);
}

/** Refuses the value of a key attribute that is empty or longer than `limit`, one of those above. */
export function checkKeyLength(name: string, value: AttributeValue, limit: number): void {
  const problem = lengthProblem(name, value, limit);
  if (problem !== undefined) throw validationError(problem);
}

function lengthProblem(name: string, value: AttributeValue, limit: number): string | undefined {
  if (value.N !== undefined) return undefined;
  if (value.S === "" || value.B === "") {
    return `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${value.S === "" ? "string" : "binary"} value. Key: ${name}`;
  }
  const bytes =
    value.S === undefined ? Buffer.byteLength(value.B ?? "", "base64") : Buffer.byteLength(value.S);
  if (bytes <= limit) return undefined;
  return limit === maxHashBytes
    ? "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"
    : "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes";
}

/** The item's place in an index, undefined when it lacks one of the index's keys. */
export function indexKeyOf(index: IndexDefinition, item: EngineItem): StoredKey | undefined {
  const { hash, range } = index.key;
  const hashValue = attribute(item, hash.name);
  if (hashValue === undefined) return undefined;
  if (range === undefined) return { hash: keyColumn(hashValue), range: "" };
  const rangeValue = attribute(item, range.name);
  if (rangeValue === undefined) return undefined;
  return { hash: keyColumn(hashValue), range: keyColumn(rangeValue) };
}

/** Refuses an item whose index keys have a wrong type, are empty or too long. */
export function checkIndexKeys(
  table: EngineTableDefinition,
  item: EngineItem,
  write: "put" | "update",
): void {
  for (const index of table.indexes) {
    checkIndexKey(index, index.key.hash, item, maxHashBytes, write);
    if (index.key.range !== undefined) {
      checkIndexKey(index, index.key.range, item, maxRangeBytes, write);
    }
  }
}

function checkIndexKey(
  index: IndexDefinition,
  { name, type }: KeyAttribute,
  item: EngineItem,
  limit: number,
  write: "put" | "update",
): void {
  const value = attribute(item, name);
  if (value === undefined) return;
  if (value[type] === undefined) {
    throw validationError(
      `One or more parameter values were invalid: Type mismatch for Index Key ${name} Expected: ${type} Actual: ${typeOf(value)} IndexName: ${index.name}`,
    );
  }
  if (value.S === "" || value.B === "") {
    throw validationError(
      write === "update"
        ? `One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty ${value.S === "" ? "string" : "binary"} value.`
        : `One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty ${value.S === "" ? "string" : "binary"} value. IndexName: ${index.name}, IndexKey: ${name}`,
    );
  }
  checkKeyLength(name, value, limit);
}

/** The key attributes of an item, as LastEvaluatedKey shows them. */
export function keyAttributes(item: EngineItem, schemas: readonly KeySchema[]): EngineItem {
  const key: EngineItem = {};
  for (const schema of schemas) {
    for (const { name } of partsOf(schema)) {
      const value = attribute(item, name);
      if (value !== undefined) key[name] = value;
    }
  }
  return key;
}

/** True when two keys are the same. */
export const sameKey = (a: StoredKey, b: StoredKey): boolean =>
  sameColumn(a.range, b.range) && sameColumn(a.hash, b.hash);

/** True when two key columns are the same. */
export function sameColumn(a: SqlValue, b: SqlValue): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return a === b;
}
