import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AttributeValue,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach } from "@jest/globals";
import { openDatabase } from "#lib/local/embedded/database";
import type { TableInput } from "#lib/local/embedded/engine";
import { type CallOptions, plainCall, Services } from "#lib/local/embedded/services";
import { openTestEngine } from "./embedded-clients.ts";

/** A table `table` with a TTL attribute. */
export const fileTable: TableInput = {
  TableName: "table",
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" },
    { AttributeName: "sk", AttributeType: "S" },
  ],
  KeySchema: [
    { AttributeName: "pk", KeyType: "HASH" },
    { AttributeName: "sk", KeyType: "RANGE" },
  ],
  TimeToLiveSpecification: { AttributeName: "remove_at", Enabled: true },
};

/** A table in memory, called without a client, on a disk that can go: no commit succeeds meanwhile. */
export async function tableOnDisk(how: Partial<CallOptions> = {}) {
  const real = openDatabase(":memory:", "process");
  const disk = { isGone: false };
  const database = {
    ...real,
    commit: () => {
      if (disk.isGone) throw new Error("The disk is gone.");
      real.commit();
    },
  };
  const services = new Services(database, Date.now, new Map());
  const call = (operation: string, input: object) =>
    services.call("dynamodb", operation, { ...input }, { ...plainCall, ...how });
  await call("CreateTable", { ...fileTable, TimeToLiveSpecification: undefined });
  return { disk, call, close: () => database.close() };
}

/** A path for a database, another before each test, in a folder that is removed after it. */
export function useTemporaryFile(): { readonly file: string } {
  const temporary = { file: "" };
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "embedded-"));
    temporary.file = join(folder, "data.sqlite");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  return temporary;
}

/** An engine on the file with the table and a queue `inbound`, and a few calls through the SDK. */
export function openOnFile(file: string, options: { readonly clock?: () => number } = {}) {
  const opened = openTestEngine({ file, ...options });
  const { engine, dynamodb, sqs } = opened;
  engine.createTable(fileTable);
  const QueueUrl = engine.createQueue({ name: "inbound", visibility_timeout_seconds: 30 });
  const TableName = fileTable.TableName;
  const key = (pk: string, sk = "x") => ({ pk: { S: pk }, sk: { S: sk } });
  return {
    ...opened,
    queueUrl: QueueUrl,
    put: (pk: string, more: Record<string, AttributeValue> = {}) =>
      dynamodb.send(new PutItemCommand({ TableName, Item: { ...key(pk), ...more } })),
    get: async (pk: string, sk?: string) =>
      (await dynamodb.send(new GetItemCommand({ TableName, Key: key(pk, sk) }))).Item,
    count: (pk: string) =>
      dynamodb.send(
        new UpdateItemCommand({
          TableName,
          Key: key(pk),
          UpdateExpression: "ADD n :one",
          ExpressionAttributeValues: { ":one": { N: "1" } },
        }),
      ),
    send: (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody })),
  };
}
