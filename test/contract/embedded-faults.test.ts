import { setImmediate as endOfTurn } from "node:timers/promises";
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type Engine, openEngine } from "#lib/local/embedded/engine";
import {
  type Fault,
  type FaultPlan,
  scriptedFaults,
  seededFaults,
} from "#lib/local/embedded/faults";
import { embeddedClients } from "#test/support/embedded-clients";
import { contractTableInput, N, refusalOf, S } from "#test/support/embedded-contract";

let now: number;
let engine: Engine;
let QueueUrl: string;

beforeEach(async () => {
  now = 1_800_000_000_000;
  engine = openEngine({ file: ":memory:", clock: () => now });
  const { TableName, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes } =
    contractTableInput("table");
  // The SDK's types allow undefined where the engine's do not.
  engine.createTable({
    TableName,
    AttributeDefinitions,
    KeySchema,
    GlobalSecondaryIndexes,
  } as Parameters<Engine["createTable"]>[0]);
  QueueUrl = engine.createQueue({ name: "inbound", visibility_timeout_seconds: 30 });
});

afterEach(() => engine.close());

const key = (pk: string) => ({ pk: S(pk), sk: S("x") });

/** A connection with one fault at its first call. */
const broken = (fault: Fault) => connect(scriptedFaults([{ at: 0, fault }]));

function connect(faults?: FaultPlan) {
  const { dynamodb, sqs, connection } = embeddedClients(engine, faults);
  return {
    connection,
    dynamodb,
    sqs,
    put: (pk: string, more = {}) =>
      dynamodb.send(new PutItemCommand({ TableName: "table", Item: { ...key(pk), ...more } })),
    get: async (pk: string) =>
      (await dynamodb.send(new GetItemCommand({ TableName: "table", Key: key(pk) }))).Item,
    count: (pk: string) =>
      dynamodb.send(
        new UpdateItemCommand({
          TableName: "table",
          Key: key(pk),
          UpdateExpression: "ADD n :one",
          ExpressionAttributeValues: { ":one": N(1) },
        }),
      ),
    transact: (pk: string) =>
      dynamodb.send(
        new TransactWriteItemsCommand({
          TransactItems: [
            {
              Update: {
                TableName: "table",
                Key: key(pk),
                UpdateExpression: "ADD n :one",
                ExpressionAttributeValues: { ":one": N(1) },
              },
            },
            { Put: { TableName: "table", Item: key(`${pk}-other`) } },
          ],
        }),
      ),
    send: (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody })),
  };
}

describe("a fault", () => {
  it.each<[Fault["kind"], number]>([
    ["throttle", 1],
    ["connection_lost", 1],
    ["answer_lost", 2],
  ])("%p makes the SDK repeat the call, which is then applied %p times", async (kind, times) => {
    // Only kinds without fields are listed.
    const { connection, count, get } = broken({ kind } as Fault);
    await count("a");
    expect(connection.calls.map(({ operation }) => operation)).toEqual([
      "UpdateItem",
      "UpdateItem",
    ]);
    expect((await get("a"))?.["n"]).toEqual(N(times));
  });

  it("does not double a transaction whose answer it loses", async () => {
    const { connection, transact, get } = broken({ kind: "answer_lost" });
    await transact("a");
    expect(connection.calls).toHaveLength(2);
    expect((await get("a"))?.["n"]).toEqual(N(1));
  });

  it("throttles queues by their own name", async () => {
    const { connection, send } = broken({ kind: "throttle" });
    await send("a");
    expect(connection.calls).toHaveLength(2);
    expect(await engine.queues.receive("inbound", 10)).toHaveLength(1);
  });

  it("makes writes meet a transaction", async () => {
    const plain = await refusalOf(broken({ kind: "conflict" }).count("a"));
    expect(plain.name).toBe("TransactionConflictException");
    const whole = await refusalOf(broken({ kind: "conflict" }).transact("a"));
    expect(whole.name).toBe("TransactionCanceledException");
    expect(whole.reasons.map(({ Code }) => Code)).toEqual(["TransactionConflict", "None"]);
    expect(await connect().get("a")).toBeUndefined();
  });

  it.each<[Fault["kind"], number | undefined]>([
    ["crash_before", undefined],
    ["crash_after", 1],
  ])("%p leaves the call and all later ones unanswered, and %p applied", async (kind, applied) => {
    const { connection, count } = broken({ kind } as Fault);
    let settled = 0;
    const settle = () => (settled += 1);
    void count("a").then(settle, settle);
    await connection.crashed;
    void count("a").then(settle, settle);
    for (let i = 0; i < 10; i += 1) await endOfTurn();
    expect(settled).toBe(0);
    expect((await connect().get("a"))?.["n"]).toEqual(applied && N(applied));
  });

  it("leaves calls under way unanswered when it crashes the process", async () => {
    const { connection, count } = connect(
      scriptedFaults([{ at: 1, fault: { kind: "crash_before" } }]),
    );
    let settled = 0;
    const settle = () => (settled += 1);
    void count("a").then(settle, settle);
    void count("b").then(settle, settle);
    await connection.crashed;
    for (let i = 0; i < 10; i += 1) await endOfTurn();
    expect(settled).toBe(0);
  });

  it("shows an index as it was a moment ago, the table as it is", async () => {
    const stale = connect(({ operation }) =>
      operation === "Query" ? { kind: "stale_index", milliseconds: 1_000 } : undefined,
    );
    const { put, dynamodb } = stale;
    const listed = async (client = dynamodb) =>
      (
        await client.send(
          new QueryCommand({
            TableName: "table",
            IndexName: "listed",
            KeyConditionExpression: "list_pk = :p",
            ExpressionAttributeValues: { ":p": S("L") },
          }),
        )
      ).Items?.map((item) => `${item["pk"]?.S} ${item["title"]?.S}`);
    const entry = (title: string) => ({ list_pk: S("L"), list_sk: S("1"), title: S(title) });
    await put("a", entry("old"));
    await put("b", entry("gone"));
    now += 2_000;
    await put("a", entry("new"));
    await put("b");
    await put("c", entry("added"));
    expect(await listed()).toEqual(["a old", "b gone"]);
    expect(await listed(connect().dynamodb)).toEqual(["a new", "c added"]);
    now += 1_001;
    expect(await listed()).toEqual(["a new", "c added"]);
  });

  it.each<[Fault, number[]]>([
    [{ kind: "duplicate" }, [2, 0]],
    [{ kind: "lost" }, [0, 0]],
    [{ kind: "late", seconds: 20 }, [0, 1]],
  ])("%p makes a message arrive %p times, now and later", async (fault, [first, later]) => {
    await broken(fault).send("a");
    expect(await engine.queues.receive("inbound", 10)).toHaveLength(first!);
    now += 20_000;
    expect(await engine.queues.receive("inbound", 10)).toHaveLength(later!);
  });

  it.each<[Fault, number, number]>([
    [{ kind: "duplicate" }, 1, 1],
    [{ kind: "lost" }, 0, 0],
  ])("%p of a receive hands out %p and leaves %p visible", async (fault, received, visible) => {
    await connect().send("a");
    const { Messages } = await broken(fault).sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages ?? []).toHaveLength(received);
    expect(await engine.queues.receive("inbound", 10)).toHaveLength(visible);
    now += 30_000;
    expect(await engine.queues.receive("inbound", 10)).toHaveLength(1);
  });

  it("leaves the rest of a batch over", async () => {
    const short: Fault = { kind: "short_batch", count: 2 };
    const keys = ["a", "b", "c"].map(key);
    const write = await broken(short).dynamodb.send(
      new BatchWriteItemCommand({
        RequestItems: { table: keys.map((Item) => ({ PutRequest: { Item } })) },
      }),
    );
    expect(write.UnprocessedItems).toEqual({ table: [{ PutRequest: { Item: keys[2] } }] });
    await connect().put("c");
    const read = await broken(short).dynamodb.send(
      new BatchGetItemCommand({ RequestItems: { table: { Keys: keys, ConsistentRead: true } } }),
    );
    expect(read.Responses?.["table"]).toEqual(keys.slice(0, 2));
    expect(read.UnprocessedKeys).toEqual({ table: { Keys: keys.slice(2), ConsistentRead: true } });
    const sent = await broken(short).sqs.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: ["a", "b", "c"].map((Id) => ({ Id, MessageBody: Id })),
      }),
    );
    expect(sent.Successful?.map(({ Id }) => Id)).toEqual(["a", "b"]);
    expect(sent.Failed).toMatchObject([{ Id: "c", SenderFault: false }]);
  });

  it("ends a page early, where the next one goes on", async () => {
    for (const sk of ["1", "2", "3"]) await connect().put("p", { sk: S(sk) });
    const { dynamodb } = connect(() => ({ kind: "short_batch", count: 1 }));
    const seen: (string | undefined)[] = [];
    let start: Record<string, { S: string }> | undefined;
    do {
      const page = await dynamodb.send(
        new QueryCommand({
          TableName: "table",
          KeyConditionExpression: "pk = :p",
          ExpressionAttributeValues: { ":p": S("p") },
          ExclusiveStartKey: start,
        }),
      );
      seen.push(...(page.Items ?? []).map((item) => item["sk"]?.S));
      start = page.LastEvaluatedKey as typeof start;
    } while (start !== undefined);
    expect(seen).toEqual(["1", "2", "3"]);
  });

  it("does nothing to a call for which it makes no sense", async () => {
    const { connection, put, get } = connect(() => ({ kind: "stale_index", milliseconds: 1_000 }));
    await put("a");
    expect(await get("a")).toBeDefined();
    expect(connection.calls).toHaveLength(2);
  });
});

describe("a plan", () => {
  it("scripted breaks the n-th call, or the n-th of an operation", async () => {
    const { connection, put, count } = connect(
      scriptedFaults([{ at: 1, operation: "UpdateItem", fault: { kind: "connection_lost" } }]),
    );
    await put("a");
    await count("a");
    await put("b");
    await count("a");
    expect(connection.calls.map(({ operation }) => operation)).toEqual([
      "PutItem",
      "UpdateItem",
      "PutItem",
      "UpdateItem",
      "UpdateItem",
    ]);
  });

  const operations = ["GetItem", "UpdateItem", "Query", "TransactWriteItems", "BatchGetItem"];
  const rates = {
    throttle: 0.2,
    conflict: 0.2,
    stale_index: 0.3,
    short_batch: 0.3,
    answer_lost: 0.05,
  };
  const faultsOf = (seed: number) => {
    const plan = seededFaults(seed, rates);
    return Array.from({ length: 500 }, (_, index) =>
      plan({ service: "dynamodb", operation: operations[index % 5]!, index, input: {} }),
    );
  };

  it("seeded is the same for the same seed and another for another", () => {
    expect(faultsOf(7)).toEqual(faultsOf(7));
    expect(faultsOf(7)).not.toEqual(faultsOf(8));
  });

  it("seeded keeps to its rates, and to operations that the fault makes sense for", () => {
    const faults = faultsOf(7);
    const kinds = (operation: string) =>
      new Set(
        faults
          .filter((_, index) => operations[index % 5] === operation)
          .map((fault) => fault?.kind),
      );
    expect(kinds("GetItem")).toEqual(new Set([undefined, "throttle", "answer_lost"]));
    expect(kinds("Query")).toEqual(
      new Set([undefined, "throttle", "answer_lost", "stale_index", "short_batch"]),
    );
    const throttled = faults.filter((fault) => fault?.kind === "throttle").length;
    expect(throttled / faults.length).toBeGreaterThan(0.1);
    expect(throttled / faults.length).toBeLessThan(0.3);
  });
});
