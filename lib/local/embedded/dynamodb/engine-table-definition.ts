import { constraintError, validationError } from "../aws-error.ts";
import { asRecord, type Input, readFlag, readList, readRecord, readText } from "../wire.ts";

/** The types a key attribute can have. */
export type KeyType = "S" | "N" | "B";

/** One key attribute. */
export interface KeyAttribute {
  readonly name: string;
  readonly type: KeyType;
}

/** The key of a table or index. */
export interface KeySchema {
  readonly hash: KeyAttribute;
  readonly range: KeyAttribute | undefined;
}

/** The attributes of a key, the hash key first. */
export const partsOf = ({ hash, range }: KeySchema): readonly KeyAttribute[] =>
  range === undefined ? [hash] : [hash, range];

/** A global secondary index; `projected` is undefined when it holds whole items. */
export interface IndexDefinition {
  readonly name: string;
  readonly key: KeySchema;
  readonly projected: readonly string[] | undefined;
}

/** A table as the engine keeps it. */
export interface EngineTableDefinition {
  readonly name: string;
  readonly key: KeySchema;
  readonly indexes: readonly IndexDefinition[];
  readonly ttlAttribute: string | undefined;
}

const namePattern = /^[a-zA-Z0-9_.-]+$/;

/** Refuses names DynamoDB would not accept for a table or an index. */
export function checkName(field: string, name: string): void {
  if (namePattern.test(name) && name.length >= 3 && name.length <= 255) return;
  throw constraintError(
    `${field[0]?.toLowerCase()}${field.slice(1)}`,
    name,
    namePattern.test(name)
      ? `have length ${name.length < 3 ? "greater than or equal to 3" : "less than or equal to 255"}`
      : "satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
  );
}

/** Reads a CreateTable request; what the engine does not have (local indexes, streams) is refused. */
export function readTableDefinition(input: Input): EngineTableDefinition {
  const name = readText(input, "TableName") ?? "";
  checkName("TableName", name);
  if (input["LocalSecondaryIndexes"] !== undefined) {
    throw validationError("Local secondary indexes are not supported by the embedded engine");
  }
  if (readFlag(readRecord(input, "StreamSpecification") ?? {}, "StreamEnabled") === true) {
    throw validationError("Streams are not supported by the embedded engine");
  }
  const types = readTypes(input);
  const key = readKey(input, types);
  const indexes = (readList(input, "GlobalSecondaryIndexes") ?? []).map((index) =>
    readIndex(asRecord(index), types, key),
  );
  checkDefinedAttributes(types, key, indexes);
  return { name, key, indexes, ttlAttribute: undefined };
}

function readTypes(input: Input): ReadonlyMap<string, KeyType> {
  const types = new Map<string, KeyType>();
  for (const member of readList(input, "AttributeDefinitions") ?? []) {
    const definition = asRecord(member);
    const name = readText(definition, "AttributeName") ?? "";
    const type = readText(definition, "AttributeType");
    if (type !== "S" && type !== "N" && type !== "B") {
      throw constraintError(
        `attributeDefinitions.${types.size + 1}.member.attributeType`,
        type,
        "satisfy enum value set: [B, N, S]",
      );
    }
    types.set(name, type);
  }
  return types;
}

function readKey(input: Input, types: ReadonlyMap<string, KeyType>): KeySchema {
  const [first, second, ...more] = (readList(input, "KeySchema") ?? []).map(asRecord);
  if (first === undefined || more.length > 0) {
    throw validationError(
      "1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member must have length between 1 and 2",
    );
  }
  if (readText(first, "KeyType") !== "HASH") {
    throw validationError("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  }
  if (second !== undefined && readText(second, "KeyType") !== "RANGE") {
    throw validationError("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  }
  const attribute = (element: Input): KeyAttribute => {
    const name = readText(element, "AttributeName") ?? "";
    const type = types.get(name);
    if (type === undefined) {
      throw validationError(
        "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. " +
          `Keys: [${name}], AttributeDefinitions: [${[...types.keys()].join(", ")}]`,
      );
    }
    return { name, type };
  };
  return {
    hash: attribute(first),
    range: second === undefined ? undefined : attribute(second),
  };
}

function readIndex(
  input: Input,
  types: ReadonlyMap<string, KeyType>,
  tableKey: KeySchema,
): IndexDefinition {
  const name = readText(input, "IndexName") ?? "";
  checkName("IndexName", name);
  const key = readKey(input, types);
  const projection = readRecord(input, "Projection") ?? {};
  const type = readText(projection, "ProjectionType");
  if (type === "ALL") return { name, key, projected: undefined };
  const keys = [...partsOf(tableKey), ...partsOf(key)].map((part) => part.name);
  if (type === "KEYS_ONLY") return { name, key, projected: [...new Set(keys)] };
  if (type !== "INCLUDE") {
    throw validationError(
      `One or more parameter values were invalid: Unknown ProjectionType: ${type ?? "null"}`,
    );
  }
  const included = (readList(projection, "NonKeyAttributes") ?? []).map(String);
  return { name, key, projected: [...new Set([...keys, ...included])] };
}

function checkDefinedAttributes(
  types: ReadonlyMap<string, KeyType>,
  key: KeySchema,
  indexes: readonly IndexDefinition[],
): void {
  const used = new Set(
    [key, ...indexes.map((index) => index.key)].flatMap(partsOf).map((part) => part.name),
  );
  if (used.size !== types.size) {
    throw validationError(
      "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
    );
  }
}
