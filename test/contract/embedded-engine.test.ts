import { spawn } from "node:child_process";
import { once } from "node:events";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as endOfTurn } from "node:timers/promises";
import {
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "@jest/globals";
import { AwsError } from "#lib/local/embedded/aws-error";
import { itemStorage } from "#lib/local/embedded/dynamodb/engine-table";
import { openEngine } from "#lib/local/embedded/engine";
import { type Item, N, refusalOf, S } from "#test/support/embedded-contract";
import { fileTable, openOnFile, useTemporaryFile } from "#test/support/embedded-file";

const temporary = useTemporaryFile();

const open = (options: { clock?: () => number } = {}) => openOnFile(temporary.file, options);

/** A number that SQLite tells about the file. */
function told(file: string, sql: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  const row = database.prepare(sql).get();
  database.close();
  return Number(Object.values(row ?? {})[0]);
}

const itemsIn = (file: string) => told(file, `SELECT count(*) FROM ${itemStorage(1)}`);
const messagesIn = (file: string) => told(file, "SELECT count(*) FROM messages");
const pagesOf = (file: string) => told(file, "PRAGMA page_count");

describe("the engine", () => {
  it("answers what is pending when it is closed, then refuses, and can be closed twice", async () => {
    const { engine, dynamodb, put } = open();
    // The client's first call prepares things of its own before it sends.
    await put("warm");
    const raw = engine.connect().requestHandler.handle({
      headers: { "x-amz-target": "DynamoDB_20120810.PutItem" },
      body: JSON.stringify({ TableName: "table", Item: { pk: S("pending"), sk: S("x") } }),
    });
    await engine.close();
    await engine.close();
    expect((await raw).response.statusCode).toBe(200);
    expect((await refusalOf(put("late"))).name).toBe("InternalServerError");
    dynamodb.destroy();
    const again = open();
    expect(await again.get("pending")).toBeDefined();
    await again.engine.close();
  });

  it("ends long polls when it is closed", async () => {
    const { engine, queueUrl } = open();
    const polling = engine.connect().requestHandler.handle({
      headers: { "x-amz-target": "AmazonSQS.ReceiveMessage" },
      body: JSON.stringify({ QueueUrl: queueUrl, WaitTimeSeconds: 20 }),
    });
    await endOfTurn();
    await endOfTurn();
    await engine.close();
    expect((await polling).response.statusCode).toBe(200);
  });

  it("keeps a table that is created again, and rebuilds its indexes when they changed", async () => {
    const { engine, dynamodb, put } = open();
    await put("a", { group: S("g"), n: N(1) });
    await put("b");
    // More than it reads at a time.
    const many = Array.from({ length: 1_100 }, (_, index) => `n${index}`);
    await Promise.all(many.map((pk) => put(pk, { group: S("h") })));
    engine.createTable(fileTable);
    engine.createTable({
      ...fileTable,
      AttributeDefinitions: [
        ...fileTable.AttributeDefinitions,
        { AttributeName: "group", AttributeType: "S" },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: "grouped",
          KeySchema: [{ AttributeName: "group", KeyType: "HASH" }],
          Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["n"] },
        },
      ],
    });
    const inGroup = (group: string) =>
      dynamodb.send(
        new QueryCommand({
          TableName: "table",
          IndexName: "grouped",
          KeyConditionExpression: "#g = :g",
          ExpressionAttributeNames: { "#g": "group" },
          ExpressionAttributeValues: { ":g": S(group) },
        }),
      );
    expect((await inGroup("g")).Items).toEqual([
      { pk: S("a"), sk: S("x"), group: S("g"), n: N(1) },
    ]);
    expect((await inGroup("h")).Count).toBe(1_100);
    const otherKey = {
      ...fileTable,
      KeySchema: fileTable.KeySchema.slice(0, 1),
      AttributeDefinitions: fileTable.AttributeDefinitions.slice(0, 1),
    };
    expect(() => engine.createTable(otherKey)).toThrow("another key");
    await engine.close();
  });

  it("knows the size of what an update leaves, as of what is put", async () => {
    const { engine, dynamodb, put } = open();
    const sizeOf = (pk: string) =>
      told(temporary.file, `SELECT size FROM ${itemStorage(1)} WHERE pk = '${pk}'`);
    const texts = { SS: ["a", "bb"] };
    await put("old", { n: N(-120), m: { M: { a: S("x"), b: N(1) } }, l: { L: [N(1)] }, texts });
    const [n, s, t] = [N("10.5"), S("ééé"), { SS: ["bb", "ccc"] }];
    const updates: [pk: string, expression: string, values?: Item][] = [
      ["old", "SET n = :n, m.a = :s, m.b = :s, l[0] = :s, l[4] = :n, added = :s", { n, s }],
      ["old", "REMOVE m.a, l[0], n, absent"],
      ["old", "SET m = :n ADD texts :t", { n, t }],
      ["old", "DELETE texts :t ADD n :n", { n, t }],
      ["new", "SET m = :s ADD texts :t, n :n", { n, s, t }],
      ["new", "REMOVE m SET n = n + :n", { n }],
    ];
    for (const [pk, UpdateExpression, values] of updates) {
      const { Attributes } = await dynamodb.send(
        new UpdateItemCommand({
          TableName: fileTable.TableName,
          Key: { pk: S(pk), sk: S("x") },
          UpdateExpression,
          ExpressionAttributeValues:
            values && Object.fromEntries(Object.entries(values).map(([k, v]) => [`:${k}`, v])),
          ReturnValues: "ALL_NEW",
        }),
      );
      const { pk: _, ...left } = Attributes ?? {};
      await put("put", left);
      expect([UpdateExpression, sizeOf(pk)]).toEqual([UpdateExpression, sizeOf("put")]);
    }
    await engine.close();
  });

  it("deletes items some minutes after their time, and leaves alone what has no valid time", async () => {
    let now = 1_800_000_000_000;
    const { engine, dynamodb, put, get } = open({ clock: () => now });
    const seconds = now / 1_000;
    await put("past", { remove_at: N(seconds - 10) });
    await put("future", { remove_at: N(seconds + 86_400) });
    await put("text", { remove_at: S(String(seconds - 10)) });
    await put("ancient", { remove_at: N(1) });
    const update = (pk: string, UpdateExpression: string, time: number) =>
      dynamodb.send(
        new UpdateItemCommand({
          TableName: fileTable.TableName,
          Key: { pk: S(pk), sk: S("x") },
          UpdateExpression,
          ExpressionAttributeValues: { ":time": N(time) },
        }),
      );
    await put("postponed", { remove_at: N(seconds - 10) });
    await update("postponed", "SET remove_at = :time", seconds + 86_400);
    await put("advanced", { remove_at: N(seconds + 86_400) });
    await update("advanced", "SET remove_at = :time", seconds - 10);
    await update("past", "SET n = :time", 1);
    now += 120_000;
    await get("future");
    expect(await get("past")).toBeDefined();
    now += 400_000;
    await get("future");
    for (const pk of ["past", "advanced"]) expect(await get(pk)).toBeUndefined();
    for (const pk of ["future", "postponed", "text", "ancient"]) {
      expect(await get(pk)).toBeDefined();
    }
    await engine.close();
  });

  it("removes what has expired some at a time, answers calls between, and goes on when none come", async () => {
    let now = 1_800_000_000_000;
    const { engine, put, get } = open({ clock: () => now });
    const remove_at = N(now / 1_000 + 10);
    await put("kept");
    for (let number = 0; number < 250; number++) await put(`n${number}`, { remove_at });
    now += 400_000;
    const counts = [itemsIn(temporary.file)];
    expect(counts).toEqual([251]);
    expect(await get("kept")).toBeDefined();
    for (let count = itemsIn(temporary.file); count > 1; count = itemsIn(temporary.file)) {
      if (count !== counts.at(-1)) counts.push(count);
      if (counts.length === 2) expect(await get("kept")).toBeDefined();
      await endOfTurn();
    }
    counts.push(1);
    const steps = counts.slice(1).map((count, index) => (counts[index] ?? 0) - count);
    expect(steps.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...steps)).toBeLessThanOrEqual(100);
    await engine.close();
  });

  it("removes messages that nobody receives, such as dead letters, once they are too old", async () => {
    let now = 1_800_000_000_000;
    const { engine, sqs, queueUrl, get } = open({ clock: () => now });
    const send = (text: string) =>
      sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: text }));
    for (let number = 0; number < 250; number++) await send(`n${number}`);
    now += 14 * 86_400_000 - 1;
    await send("young");
    await get("none");
    for (let turns = 0; turns < 10; turns++) await endOfTurn();
    expect(messagesIn(temporary.file)).toBe(251);
    now += 60_000;
    await get("none");
    while (messagesIn(temporary.file) > 1) await endOfTurn();
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
    expect(Messages?.map(({ Body }) => Body)).toEqual(["young"]);
    await engine.close();
  });

  it("writes new items where removed ones were: the file does not grow on", async () => {
    let now = 1_800_000_000_000;
    const { engine, put, get } = open({ clock: () => now });
    const fill = async () => {
      const remove_at = N(now / 1_000);
      for (let number = 0; number < 150; number++) {
        // The longer ones fill pages of their own.
        await put(`n${number}`, { remove_at, text: S("x".repeat(number * 100)) });
      }
      return pagesOf(temporary.file);
    };
    const pages = await fill();
    for (let round = 0; round < 3; round++) {
      now += 400_000;
      await get("none");
      while (itemsIn(temporary.file) > 0) await endOfTurn();
      expect(await fill()).toBeLessThanOrEqual(pages);
    }
    await engine.close();
  });

  it("serves further services, with errors as AWS sends them", async () => {
    const engine = openEngine({
      file: temporary.file,
      services: {
        TrentService: (operation, input) => {
          if (operation === "Fail") throw new AwsError("KMSInvalidStateException", "not now", 400);
          return { operation, ...input };
        },
      },
    });
    const call = async (operation: string) => {
      const { response } = await engine.connect().requestHandler.handle({
        headers: { "x-amz-target": `TrentService.${operation}` },
        body: '{"KeyId":"k"}',
      });
      const body: unknown = JSON.parse(Buffer.from(response.body).toString());
      return { status: response.statusCode, body };
    };
    expect(await call("Encrypt")).toEqual({
      status: 200,
      body: { operation: "Encrypt", KeyId: "k" },
    });
    expect(await call("Fail")).toMatchObject({
      status: 400,
      body: { __type: "KMSInvalidStateException", message: "not now" },
    });
    await engine.close();
  });

  it("refuses operations and parameters it does not have", async () => {
    const { engine } = open();
    const { requestHandler } = engine.connect();
    const call = async (target: string, input: object) => {
      const { response } = await requestHandler.handle({
        headers: { "x-amz-target": target },
        body: JSON.stringify(input),
      });
      return `${response.statusCode} ${Buffer.from(response.body).toString()}`;
    };
    for (const target of [
      "DynamoDB_20120810.ExecuteStatement",
      "AmazonSQS.Nothing",
      "Other.Thing",
    ]) {
      expect(await call(target, {})).toMatch(/^400 .*UnknownOperationException/);
    }
    const legacy = { TableName: "table", Key: { pk: S("a"), sk: S("b") }, AttributesToGet: ["pk"] };
    expect(await call("DynamoDB_20120810.GetItem", legacy)).toMatch(/^400 .*ValidationException/);
    await engine.close();
  });
});

describe("the loopback endpoint", () => {
  it("speaks to the SDK over HTTP, and not to foreign names", async () => {
    const { engine, put } = open();
    await put("a");
    const { url, close } = await engine.listen(0);
    const client = new DynamoDBClient({
      endpoint: url,
      region: "us-east-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
    const { Item } = await client.send(
      new GetItemCommand({ TableName: "table", Key: { pk: S("a"), sk: S("x") } }),
    );
    expect(Item).toEqual({ pk: S("a"), sk: S("x") });
    client.destroy();
    expect(new URL(url).hostname).toBe("127.0.0.1");
    const foreign = spawn("curl", [
      "-s",
      "-o",
      "/dev/null",
      "-w",
      "%{http_code}",
      "-H",
      "Host: evil.example",
      url,
    ]);
    const [code] = await once(foreign.stdout, "data");
    expect(String(code)).toBe("403");
    await close();
    await engine.close();
  });
});

describe("the queues without SDK", () => {
  it("hand out messages with everything an event source needs", async () => {
    let now = 1_800_000_000_000;
    const { engine, send } = open({ clock: () => now });
    await send("hello");
    expect(engine.queues.nextVisibleAt("inbound")).toBe(now);
    const [message] = await engine.queues.receive("inbound", 10);
    expect(message).toMatchObject({
      body: "hello",
      md5OfBody: "5d41402abc4b2a76b9719d911017c592",
      receiveCount: 1,
      sentAt: now,
      attributes: { ApproximateReceiveCount: "1", SentTimestamp: String(now) },
    });
    expect(engine.queues.nextVisibleAt("inbound")).toBe(now + 30_000);
    await engine.queues.changeVisibility("inbound", message!.receiptHandle, 5);
    expect(engine.queues.nextVisibleAt("inbound")).toBe(now + 5_000);
    now += 5_000;
    const [again] = await engine.queues.receive("inbound", 10);
    await engine.queues.delete("inbound", [message!.receiptHandle]);
    expect(engine.queues.nextVisibleAt("inbound")).toBeDefined();
    await engine.queues.delete("inbound", [again!.receiptHandle]);
    expect(engine.queues.nextVisibleAt("inbound")).toBeUndefined();
    await engine.close();
  });

  it("hand out message groups in turn: one group's backlog is before nobody else", async () => {
    const { engine, queueUrl: QueueUrl } = open();
    const { requestHandler } = engine.connect();
    const send = (MessageBody: string, MessageGroupId?: string) =>
      requestHandler.handle({
        headers: { "x-amz-target": "AmazonSQS.SendMessage" },
        body: JSON.stringify({ QueueUrl, MessageBody, MessageGroupId }),
      });
    for (const body of ["a1", "a2", "a3", "a4"]) await send(body, "a");
    for (const body of ["b1", "c1", "c2"]) await send(body, body.slice(0, 1));
    await send("alone");
    const receive = async () => (await engine.queues.receive("inbound", 2)).map(({ body }) => body);
    expect(await receive()).toEqual(["alone", "a1"]);
    expect(await receive()).toEqual(["b1", "c1"]);
    expect(await receive()).toEqual(["a2", "a3"]);
    expect(await receive()).toEqual(["c2", "a4"]);
    expect(await receive()).toEqual([]);
    await engine.close();
  });

  it("tell once a turn that something may be ready, until told to stop", async () => {
    const { engine, queueUrl } = open();
    let told = 0;
    const stop = engine.queues.onReady("inbound", () => (told += 1));
    const { requestHandler } = engine.connect();
    const send = () =>
      requestHandler.handle({
        headers: { "x-amz-target": "AmazonSQS.SendMessage" },
        body: JSON.stringify({ QueueUrl: queueUrl, MessageBody: "a" }),
      });
    await Promise.all([send(), send(), send()]);
    expect(told).toBe(1);
    await send();
    expect(told).toBe(2);
    stop();
    await send();
    expect(told).toBe(2);
    await engine.close();
  });

  it("move what was received too often to the dead-letter queue", async () => {
    let now = 1_800_000_000_000;
    const { engine, sqs } = open({ clock: () => now });
    engine.createQueue({ name: "dead", visibility_timeout_seconds: 30 });
    const QueueUrl = engine.createQueue({
      name: "work",
      visibility_timeout_seconds: 10,
      dead_letter: { queue: "dead", max_receives: 2 },
    });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "poison" }));
    let buried = 0;
    engine.queues.onReady("dead", () => (buried += 1));
    for (let i = 0; i < 2; i += 1) {
      expect(await engine.queues.receive("work", 10)).toHaveLength(1);
      now += 10_000;
    }
    expect(await engine.queues.receive("work", 10)).toEqual([]);
    expect(buried).toBe(1);
    expect(await engine.queues.receive("dead", 10)).toHaveLength(1);
    await engine.close();
  });
});
