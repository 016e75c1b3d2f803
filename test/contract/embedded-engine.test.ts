import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate as endOfTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { AwsError } from "#lib/local/embedded/aws-error";
import { type Database, openDatabase } from "#lib/local/embedded/database";
import { openEngine, type TableInput } from "#lib/local/embedded/engine";
import { PLAIN_CALL, Services } from "#lib/local/embedded/services";
import { type Lane, Turns } from "#lib/local/embedded/turn";
import { embeddedClients, openTestEngine } from "#test/support/embedded-clients";
import { N, refusalOf, S } from "#test/support/embedded-contract";

const child = fileURLToPath(new URL("../support/embedded-child.ts", import.meta.url));

const definition: TableInput = {
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

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "embedded-"));
  file = join(folder, "data.sqlite");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An engine on the file with the table and a queue. */
function open(options: { clock?: () => number } = {}) {
  const opened = openTestEngine({ file, ...options });
  opened.engine.createTable(definition);
  const queueUrl = opened.engine.createQueue({ name: "inbound", visibility_timeout_seconds: 30 });
  const key = (pk: string, sk = "x") => ({ pk: S(pk), sk: S(sk) });
  return {
    ...opened,
    queueUrl,
    put: (pk: string, more = {}) =>
      opened.dynamodb.send(
        new PutItemCommand({ TableName: "table", Item: { ...key(pk), ...more } }),
      ),
    get: async (pk: string, sk?: string) =>
      (await opened.dynamodb.send(new GetItemCommand({ TableName: "table", Key: key(pk, sk) })))
        .Item,
    count: (pk: string) =>
      opened.dynamodb.send(
        new UpdateItemCommand({
          TableName: "table",
          Key: key(pk),
          UpdateExpression: "ADD n :one",
          ExpressionAttributeValues: { ":one": N(1) },
        }),
      ),
    send: (MessageBody: string) =>
      opened.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody })),
  };
}

describe("a process", () => {
  it("finds after kill -9 everything that was answered, and whole transactions only", async () => {
    const { engine, queueUrl } = open();
    await engine.close();
    const running = spawn(process.execPath, [child, file, "write", "table", queueUrl]);
    const answered: number[] = [];
    for await (const line of createInterface(running.stdout)) {
      answered.push(Number(line));
      if (answered.length === 200) running.kill("SIGKILL");
    }
    const after = open();
    for (const number of answered) expect(await after.get(`n${number}`, "c")).toBeDefined();
    let found = 0;
    for (let number = 0; number < answered.length + 8; number += 1) {
      const [a, b] = [await after.get(`n${number}`, "a"), await after.get(`n${number}`, "b")];
      expect(a === undefined).toBe(b === undefined);
      if (a !== undefined) found += 1;
    }
    expect(found).toBeGreaterThanOrEqual(answered.length);
    const bodies = new Set<number>();
    for (;;) {
      const messages = await after.engine.queues.receive("inbound", 10);
      if (messages.length === 0) break;
      for (const { body } of messages) bodies.add(Number(body));
    }
    expect(answered.filter((number) => !bodies.has(number))).toEqual([]);
    await after.engine.close();
  });

  it("shares the file with a second one: no update is lost, and its messages arrive", async () => {
    const parent = open();
    let noticed = 0;
    parent.engine.queues.onReady("inbound", () => (noticed += 1));
    const running = spawn(process.execPath, [
      child,
      file,
      "count",
      "table",
      parent.queueUrl,
      "300",
    ]);
    const ended = once(running, "exit");
    let counted = 0;
    for (let done = false; !done; counted += 1) {
      done = running.exitCode !== null;
      await parent.count("counter");
      await endOfTurn();
    }
    expect((await ended)[0]).toBe(0);
    expect((await parent.get("counter"))?.["n"]).toEqual(N(counted + 300));
    const [message] = await parent.engine.queues.receive("inbound", 10);
    expect(message?.body).toBe("from the child");
    expect(noticed).toBeGreaterThan(0);
    await parent.engine.close();
  });
});

describe("a turn", () => {
  const lane = (): Lane => ({
    changedElsewhere: () => undefined,
    committed: () => undefined,
    undone: () => undefined,
  });

  /** A database that notes what is done to its transactions. */
  function recordingDatabase(): { database: Database; log: string[] } {
    const log: string[] = [];
    const real = openDatabase(file, "process");
    const note = (what: string, act: () => void) => () => {
      log.push(what);
      act();
    };
    return {
      log,
      database: {
        ...real,
        begin: note("begin", () => real.begin()),
        beginWrite: note("begin write", () => real.beginWrite()),
        commit: note("commit", () => real.commit()),
        rollback: note("rollback", () => real.rollback()),
      },
    };
  }

  it("is committed once for tables, then once for queues, before anything is answered", async () => {
    const { database, log } = recordingDatabase();
    const [tables, queues] = [lane(), lane()];
    const turns = new Turns(database, [tables, queues]);
    const call = (where: Lane, name: string) =>
      turns.submit(where, true, () => log.push(name)).then(() => log.push(`${name} answered`));
    await Promise.all([call(queues, "send"), call(tables, "put"), call(tables, "get")]);
    expect(log.join(", ")).toBe(
      "begin write, put, get, commit, begin write, send, commit, put answered, get answered, send answered",
    );
    database.close();
  });

  it("of reads alone takes no lock that keeps writers away", async () => {
    const { database, log } = recordingDatabase();
    const where = lane();
    await new Turns(database, [where]).submit(where, false, () => log.push("get"));
    expect(log).toEqual(["begin", "get", "commit"]);
    database.close();
  });

  it("loses nothing by a call that is refused or breaks", async () => {
    const { database, log } = recordingDatabase();
    database.execute("CREATE TABLE notes (text TEXT)");
    const where = lane();
    const turns = new Turns(database, [where]);
    const insert = (text: string) =>
      turns.submit(where, true, () => {
        database.prepare("INSERT INTO notes VALUES (?)").run(text);
        if (text === "broken") throw new TypeError("a fault in the engine");
        if (text === "refused") throw new AwsError("ValidationException", "no");
        return text;
      });
    const outcomes = await Promise.allSettled(["a", "broken", "b"].map(insert));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(outcomes[1]).toMatchObject({ reason: { name: "InternalServerError", status: 500 } });
    const texts = database.prepare<[string]>("SELECT text FROM notes ORDER BY text").all();
    expect(texts.flat()).toEqual(["a", "b"]);
    expect(log).toContain("rollback");
    database.close();
  });

  it("that the disk has no room for fails every call of it, and the next one succeeds", async () => {
    const database = openDatabase(file, "process");
    const services = new Services(database, Date.now, new Map());
    const call = (operation: string, input: object) =>
      services.call("dynamodb", operation, { ...input }, PLAIN_CALL);
    await call("CreateTable", definition);
    const put = (pk: string, length: number) =>
      call("PutItem", {
        TableName: "table",
        Item: { pk: S(pk), sk: S("x"), t: S("x".repeat(length)) },
      });
    const get = (pk: string) =>
      call("GetItem", { TableName: "table", Key: { pk: S(pk), sk: S("x") } });
    await put("first", 1);
    database.execute("PRAGMA max_page_count = 1");
    const outcomes = await Promise.allSettled([
      put("small", 1),
      put("large", 300_000),
      get("first"),
    ]);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: { name: "InternalServerError", status: 500 },
      });
    database.execute("PRAGMA max_page_count = 100000");
    expect(await get("small")).toBe("{}");
    await put("large", 300_000);
    expect(await get("first")).toContain("first");
    database.close();
  });
});

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
    engine.createTable(definition);
    engine.createTable({
      ...definition,
      AttributeDefinitions: [
        ...definition.AttributeDefinitions,
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
    const { Items } = await dynamodb.send(
      new QueryCommand({
        TableName: "table",
        IndexName: "grouped",
        KeyConditionExpression: "#g = :g",
        ExpressionAttributeNames: { "#g": "group" },
        ExpressionAttributeValues: { ":g": S("g") },
      }),
    );
    expect(Items).toEqual([{ pk: S("a"), sk: S("x"), group: S("g"), n: N(1) }]);
    const otherKey = {
      ...definition,
      KeySchema: definition.KeySchema.slice(0, 1),
      AttributeDefinitions: definition.AttributeDefinitions.slice(0, 1),
    };
    expect(() => engine.createTable(otherKey)).toThrow("another key");
    await engine.close();
  });

  it("deletes items some minutes after their time, and leaves alone what has no valid time", async () => {
    let now = 1_800_000_000_000;
    const { engine, put, get } = open({ clock: () => now });
    const seconds = now / 1_000;
    await put("past", { remove_at: N(seconds - 10) });
    await put("future", { remove_at: N(seconds + 86_400) });
    await put("text", { remove_at: S(String(seconds - 10)) });
    await put("ancient", { remove_at: N(1) });
    now += 120_000;
    await get("future");
    expect(await get("past")).toBeDefined();
    now += 400_000;
    await get("future");
    expect(await get("past")).toBeUndefined();
    for (const pk of ["future", "text", "ancient"]) expect(await get(pk)).toBeDefined();
    await engine.close();
  });

  it("serves further services, with errors as AWS sends them", async () => {
    const engine = openEngine({
      file,
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
    for (const target of ["DynamoDB_20120810.ExecuteStatement", "AmazonSQS.Nothing", "Other.Thing"])
      expect(await call(target, {})).toMatch(/^400 .*UnknownOperationException/);
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
    const { engine, sqs } = embedded({ clock: () => now });
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

function embedded(options: { clock: () => number }) {
  const engine = openEngine({ file, ...options });
  return { engine, ...embeddedClients(engine) };
}
