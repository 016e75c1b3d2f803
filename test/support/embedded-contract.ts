import { randomUUID } from "node:crypto";
import {
  type AttributeValue,
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandOutput,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
  UpdateItemCommand,
  type UpdateItemCommandOutput,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect } from "@jest/globals";
import { openTestEngine } from "./embedded-clients.ts";

const dynamodbEndpoint = process.env["AWS_ENDPOINT_URL_DYNAMODB"];

/** True when the suite runs against an emulator: some of their answers differ from those of AWS. */
export const onOtherDynamoDb = isEmulator(dynamodbEndpoint);

/** The wording of AWS, which an emulator need not share. */
export const wording = (message: string): unknown =>
  onOtherDynamoDb ? expect.any(String) : message;

/** True for an endpoint that is not of AWS; without one the engine answers. */
export function isEmulator(endpoint: string | undefined): boolean {
  return endpoint !== undefined && !endpoint.includes("amazonaws.com");
}

/** An item, or a key of one. */
export type Item = Record<string, AttributeValue>;

/** A table of the shape of the product's, in the engine or at AWS_ENDPOINT_URL_DYNAMODB. */
export interface ContractTable {
  readonly client: DynamoDBClient;
  readonly name: string;
  /** The key of an item that is not there; no two are the same. */
  readonly freshKey: () => Item;
  /** PutItem; `more` are further fields of the request, here and below. */
  readonly put: (item: Item, more?: object) => Promise<PutItemCommandOutput>;
  /** What a consistent GetItem finds. */
  readonly get: (key: Item, more?: object) => Promise<Item | undefined>;
  /** UpdateItem. */
  readonly update: (
    key: Item,
    expression: string | undefined,
    values?: Item,
    more?: object,
  ) => Promise<UpdateItemCommandOutput>;
  /** Query. */
  readonly query: (
    condition: string,
    values: Item,
    more?: Partial<QueryCommandInput>,
  ) => Promise<QueryCommandOutput>;
  close(): Promise<void>;
}

/** A CreateTable request: `listed` projects `title`, `due` has number keys and projects keys only. */
export function contractTableInput(name: string): CreateTableCommandInput & { TableName: string } {
  return {
    TableName: name,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "S" },
      { AttributeName: "list_pk", AttributeType: "S" },
      { AttributeName: "list_sk", AttributeType: "S" },
      { AttributeName: "due_shard", AttributeType: "N" },
      { AttributeName: "due_at", AttributeType: "N" },
    ],
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: "listed",
        KeySchema: [
          { AttributeName: "list_pk", KeyType: "HASH" },
          { AttributeName: "list_sk", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["title"] },
      },
      {
        IndexName: "due",
        KeySchema: [
          { AttributeName: "due_shard", KeyType: "HASH" },
          { AttributeName: "due_at", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
    ],
  };
}

/** A fresh table for the tests of a file, called at its top. */
export function useContractTable(clock?: () => number): ContractTable {
  // What stands in it comes before the first test: nothing reads it earlier.
  const table = {} as ContractTable;
  beforeAll(async () => {
    Object.assign(table, await openContractTable(clock));
  });
  afterAll(() => table.close());
  return table;
}

async function openContractTable(clock?: () => number): Promise<ContractTable> {
  const name = `contract_${randomUUID()}`;
  if (dynamodbEndpoint === undefined) {
    const { engine, dynamodb: client } = openTestEngine(clock === undefined ? {} : { clock });
    await client.send(new CreateTableCommand(contractTableInput(name)));
    return { ...requestsTo(client, name), close: () => engine.close() };
  }
  const client = new DynamoDBClient(endpointConfiguration(dynamodbEndpoint));
  await client.send(new CreateTableCommand(contractTableInput(name)));
  await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName: name });
  return {
    ...requestsTo(client, name),
    close: async () => {
      await client.send(new DeleteTableCommand({ TableName: name }));
      client.destroy();
    },
  };
}

function requestsTo(client: DynamoDBClient, TableName: string): Omit<ContractTable, "close"> {
  let keys = 0;
  return {
    client,
    name: TableName,
    freshKey: () => ({ pk: S(`item-${(keys += 1)}`), sk: S("x") }),
    put: (Item, more) => client.send(new PutItemCommand({ TableName, Item, ...more })),
    get: async (Key, more) => {
      const request = new GetItemCommand({ TableName, Key, ConsistentRead: true, ...more });
      return (await client.send(request)).Item;
    },
    update: (Key, UpdateExpression, values, more) =>
      client.send(
        new UpdateItemCommand({
          TableName,
          Key,
          UpdateExpression,
          ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
          ...more,
        }),
      ),
    query: (KeyConditionExpression, ExpressionAttributeValues, more) =>
      client.send(
        new QueryCommand({ TableName, KeyConditionExpression, ExpressionAttributeValues, ...more }),
      ),
  };
}

/** How a client reaches AWS, or an emulator with any credentials. */
export function endpointConfiguration(endpoint: string) {
  return {
    endpoint,
    region: process.env["AWS_REGION"] ?? "us-east-1",
    ...(isEmulator(endpoint)
      ? { credentials: { accessKeyId: "local", secretAccessKey: "local" } }
      : {}),
  };
}

/** Puts 12 items of `P`, `a00` to `a11`, into both indexes, and one of `P2` into neither. */
export async function putListedItems(table: ContractTable): Promise<void> {
  for (let i = 0; i < 12; i += 1) {
    await table.put({
      pk: S("P"),
      sk: S(`a${String(i).padStart(2, "0")}`),
      n: N(i),
      list_pk: S("L"),
      list_sk: S(`x${i % 3}`),
      due_shard: N(i % 2),
      due_at: N(i * 1_000 - 5_000),
      title: S(`t${i}`),
      unlisted: S("h"),
    });
  }
  // Not in the index: one of its keys is missing.
  await table.put({ pk: S("P2"), sk: S("a"), list_pk: S("L") });
}

/** What a call was refused with. */
export interface Refusal {
  readonly name: string;
  readonly message: string;
  readonly item: Readonly<Record<string, AttributeValue>> | undefined;
  readonly reasons: readonly { readonly Code?: string; readonly Item?: unknown }[];
}

/** The refusal of a call; throws when it succeeds. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return {
      name: error.name,
      message: error.message,
      // The SDK's exceptions carry these fields by their class; the test says which it expects.
      item: "Item" in error ? (error.Item as Refusal["item"]) : undefined,
      reasons:
        "CancellationReasons" in error ? (error.CancellationReasons as Refusal["reasons"]) : [],
    };
  }
  throw new Error("the call was not refused");
}

/** Shorthand for attribute values. */
export const S = (text: string): AttributeValue => ({ S: text });

/** Shorthand for attribute values. */
export const N = (number: number | string): AttributeValue => ({ N: String(number) });

/** The key of `typedItem`. */
export const typedKey: Item = { pk: S("expressions"), sk: S("x") };

/** What expressions are tried on: attributes of every type, named after it. */
export const typedItem: Item = {
  ...typedKey,
  s: S("hello"),
  u: S("grüße"),
  n: N(5),
  one: N(1),
  bool: { BOOL: true },
  nul: { NULL: true },
  bin: { B: Uint8Array.of(1, 2, 3) },
  l: { L: [S("a"), { M: { x: N(1), y: N(2) } }, S("c"), { L: [N(1), N(2), N(3)] }] },
  m: { M: { a: N(1), b: { M: { c: S("C") } } } },
  ss: { SS: ["a", "b"] },
  ns: { NS: ["1", "2"] },
};
