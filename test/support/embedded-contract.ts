import { randomUUID } from "node:crypto";
import {
  type AttributeValue,
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DynamoDBClient,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { openTestEngine } from "./embedded-clients.ts";

const dynamodbEndpoint = process.env["AWS_ENDPOINT_URL_DYNAMODB"];
const sqsEndpoint = process.env["AWS_ENDPOINT_URL_SQS"];

/** True when the suite runs against an emulator: some of their answers differ from those of AWS. */
export const onOtherDynamoDb = isEmulator(dynamodbEndpoint);

/** True when the suite runs against an SQS emulator. */
export const onOtherSqs = isEmulator(sqsEndpoint);

function isEmulator(endpoint: string | undefined): boolean {
  return endpoint !== undefined && !endpoint.includes("amazonaws.com");
}

/** A table of the shape of the product's, in the engine or at AWS_ENDPOINT_URL_DYNAMODB. */
export interface ContractTable {
  readonly client: DynamoDBClient;
  readonly name: string;
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

/** Opens a fresh table. */
export async function openContractTable(clock?: () => number): Promise<ContractTable> {
  const name = `contract_${randomUUID()}`;
  if (dynamodbEndpoint === undefined) {
    const { engine, dynamodb: client } = openTestEngine(clock === undefined ? {} : { clock });
    await client.send(new CreateTableCommand(contractTableInput(name)));
    return { client, name, close: () => engine.close() };
  }
  const client = new DynamoDBClient(endpointConfiguration(dynamodbEndpoint));
  await client.send(new CreateTableCommand(contractTableInput(name)));
  await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName: name });
  return {
    client,
    name,
    close: async () => {
      await client.send(new DeleteTableCommand({ TableName: name }));
      client.destroy();
    },
  };
}

/** SQS in the engine or at AWS_ENDPOINT_URL_SQS. */
export interface ContractQueues {
  readonly client: SQSClient;
  /** Makes a queue with a name of its own; gives its URL. */
  createQueue(attributes?: Readonly<Record<string, string>>): Promise<string>;
  /** The ARN of a queue. */
  arnOf(url: string): Promise<string>;
  /** Lets that much time pass: by the clock in the engine, by waiting elsewhere. */
  pass(seconds: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens SQS. */
export function openContractQueues(): ContractQueues {
  let now = Date.now();
  const embedded = sqsEndpoint === undefined ? openTestEngine({ clock: () => now }) : undefined;
  const client =
    embedded?.sqs ??
    new SQSClient({ ...endpointConfiguration(sqsEndpoint ?? ""), useQueueUrlAsEndpoint: false });
  return {
    client,
    async createQueue(Attributes = {}) {
      const { QueueUrl } = await client.send(
        new CreateQueueCommand({ QueueName: `contract-${randomUUID()}`, Attributes }),
      );
      return QueueUrl ?? "";
    },
    async arnOf(QueueUrl) {
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
      );
      return Attributes?.["QueueArn"] ?? "";
    },
    async pass(seconds) {
      now += seconds * 1_000;
      if (embedded === undefined)
        await new Promise((resolve) => setTimeout(resolve, seconds * 1_000 + 200));
    },
    async close() {
      client.destroy();
      await embedded?.engine.close();
    },
  };
}

function endpointConfiguration(endpoint: string) {
  return {
    endpoint,
    region: process.env["AWS_REGION"] ?? "us-east-1",
    ...(isEmulator(endpoint)
      ? { credentials: { accessKeyId: "local", secretAccessKey: "local" } }
      : {}),
  };
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
