import { arnOf } from "../arn.ts";
import { AwsError, validationError } from "../aws-error.ts";
import { type Input, readFlag, readInteger, readRecord, readText } from "../wire.ts";
import type { Catalog, CatalogEntry } from "./catalog.ts";
import type { DynamodbContext, DynamodbOperation } from "./dynamodb-operation.ts";
import {
  type EngineTableDefinition,
  type IndexDefinition,
  type KeySchema,
  partsOf,
  readTableDefinition,
} from "./engine-table-definition.ts";
import { requiredText } from "./read-item.ts";

/** CreateTable: the table is ACTIVE at once. */
export const createTable: DynamodbOperation = {
  writes: true,
  run({ catalog, clock }, input) {
    const definition = readTableDefinition(input);
    if (catalog.find(definition.name) !== undefined) {
      throw new AwsError("ResourceInUseException", `Table already exists: ${definition.name}`);
    }
    return { TableDescription: describe(catalog.create(definition, clock())) };
  },
};

/** Creates the table, or brings its indexes and TTL attribute up to date; another key is refused. */
export function ensureTable(
  { catalog, clock }: DynamodbContext,
  definition: EngineTableDefinition,
): void {
  const existing = catalog.find(definition.name);
  if (existing === undefined) {
    catalog.create(definition, clock());
    return;
  }
  const known = existing.table.definition;
  if (JSON.stringify(known.key) !== JSON.stringify(definition.key)) {
    throw new TypeError(`The table ${definition.name} exists with another key`);
  }
  if (JSON.stringify(known) !== JSON.stringify(definition)) catalog.change(existing, definition);
}

/** DescribeTable. */
export const describeTable: DynamodbOperation = {
  writes: false,
  run({ catalog }, input) {
    return { Table: describe(namedEntry(catalog, input)) };
  },
};

/** DeleteTable: the table is gone at once. */
export const deleteTable: DynamodbOperation = {
  writes: true,
  run({ catalog }, input) {
    const entry = namedEntry(catalog, input);
    const description = { ...describe(entry), TableStatus: "DELETING" };
    catalog.drop(entry);
    return { TableDescription: description };
  },
};

function namedEntry(catalog: Catalog, input: Input): CatalogEntry {
  const name = requiredText(input, "TableName");
  const entry = catalog.find(name);
  if (entry !== undefined) return entry;
  throw new AwsError(
    "ResourceNotFoundException",
    `Requested resource not found: Table: ${name} not found`,
  );
}

/** ListTables. */
export const listTables: DynamodbOperation = {
  writes: false,
  run({ catalog }, input) {
    const after = readText(input, "ExclusiveStartTableName") ?? "";
    const limit = readInteger(input, "Limit") ?? 100;
    const names = catalog.names().filter((name) => name > after);
    const shown = names.slice(0, limit);
    return {
      TableNames: shown,
      LastEvaluatedTableName: names.length > limit ? shown.at(-1) : undefined,
    };
  },
};

/** UpdateTimeToLive. */
export const updateTimeToLive: DynamodbOperation = {
  writes: true,
  run({ catalog }, input) {
    const entry = catalog.entry(requiredText(input, "TableName"));
    const specification = readRecord(input, "TimeToLiveSpecification") ?? {};
    const attribute = requiredText(specification, "AttributeName");
    const enabled = readFlag(specification, "Enabled") ?? false;
    const { definition } = entry.table;
    if (definition.ttlAttribute !== undefined && definition.ttlAttribute !== attribute) {
      throw validationError("TimeToLive is active on a different AttributeName");
    }
    if (enabled === (definition.ttlAttribute !== undefined)) {
      throw validationError(`TimeToLive is already ${enabled ? "enabled" : "disabled"}`);
    }
    catalog.change(entry, { ...definition, ttlAttribute: enabled ? attribute : undefined });
    return { TimeToLiveSpecification: specification };
  },
};

/** DescribeTimeToLive. */
export const describeTimeToLive: DynamodbOperation = {
  writes: false,
  run({ catalog }, input) {
    const attribute = catalog.table(requiredText(input, "TableName")).definition.ttlAttribute;
    return {
      TimeToLiveDescription:
        attribute === undefined
          ? { TimeToLiveStatus: "DISABLED" }
          : { TimeToLiveStatus: "ENABLED", AttributeName: attribute },
    };
  },
};

function describe({ table, id, createdAt }: CatalogEntry): Record<string, unknown> {
  const { name, key, indexes } = table.definition;
  const arn = arnOf("dynamodb", `table/${name}`);
  const types = new Map(
    [key, ...indexes.map((index) => index.key)]
      .flatMap(partsOf)
      .map((part) => [part.name, part.type]),
  );
  return {
    TableName: name,
    TableArn: arn,
    TableId: String(id),
    TableStatus: "ACTIVE",
    CreationDateTime: createdAt / 1_000,
    KeySchema: describeKey(key),
    AttributeDefinitions: [...types].map(([AttributeName, AttributeType]) => ({
      AttributeName,
      AttributeType,
    })),
    BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
    ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
    ItemCount: 0,
    TableSizeBytes: 0,
    GlobalSecondaryIndexes:
      indexes.length === 0 ? undefined : indexes.map((index) => describeIndex(index, key, arn)),
  };
}

function describeKey({ hash, range }: KeySchema): Record<string, string>[] {
  const elements = [{ AttributeName: hash.name, KeyType: "HASH" }];
  if (range !== undefined) elements.push({ AttributeName: range.name, KeyType: "RANGE" });
  return elements;
}

function describeIndex(
  { name, key, projected }: IndexDefinition,
  tableKey: KeySchema,
  tableArn: string,
): Record<string, unknown> {
  const keys = new Set([...partsOf(key), ...partsOf(tableKey)].map((part) => part.name));
  const included = projected?.filter((attribute) => !keys.has(attribute)) ?? [];
  return {
    IndexName: name,
    IndexArn: `${tableArn}/index/${name}`,
    IndexStatus: "ACTIVE",
    KeySchema: describeKey(key),
    Projection:
      projected === undefined
        ? { ProjectionType: "ALL" }
        : included.length === 0
          ? { ProjectionType: "KEYS_ONLY" }
          : { ProjectionType: "INCLUDE", NonKeyAttributes: included },
    ItemCount: 0,
    IndexSizeBytes: 0,
  };
}

/** Reads a CreateTable request with the TTL attribute beside it. */
export function readDefinition(
  input: Input,
  ttlAttribute: string | undefined,
): EngineTableDefinition {
  return { ...readTableDefinition(input), ttlAttribute };
}
