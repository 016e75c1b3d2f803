import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { Context, SQSEvent } from "aws-lambda";
import { type Engine, openEngine } from "#lib/local/embedded/engine";
import { type EventSource, type QueuedWorker, startEventSource } from "#lib/local/event-source";

const opened: { engine: Engine; source: EventSource }[] = [];
afterEach(async () => {
  for (const { engine, source } of opened.splice(0)) {
    source.refuse();
    await engine.close();
  }
});

type Handler = (event: SQSEvent, context: Context) => Promise<unknown>;

/** A queue `work` with dead letters after two receives, and a worker behind it. */
function setUp(handler: Handler, worker: Partial<QueuedWorker> = {}) {
  let now = Date.parse("2026-01-02T03:04:05Z");
  const engine = openEngine({ file: ":memory:", clock: () => now });
  engine.createQueue({ name: "dead", visibility_timeout_seconds: 30 });
  const QueueUrl = engine.createQueue({
    name: "work",
    visibility_timeout_seconds: 60,
    dead_letter: { queue: "dead", max_receives: 2 },
  });
  const client = new SQSClient({
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "a" },
    requestHandler: engine.connect().requestHandler,
    useQueueUrlAsEndpoint: false,
  });
  const source = startEventSource(
    {
      name: "worker",
      queue: "work",
      batchSize: 10,
      maxConcurrency: 2,
      timeoutSeconds: 60,
      handler,
      ...worker,
    },
    engine.queues,
    () => now,
  );
  opened.push({ engine, source });
  return {
    engine,
    source,
    send: (body: string, DelaySeconds = 0) =>
      client.send(new SendMessageCommand({ QueueUrl, MessageBody: body, DelaySeconds })),
    sendAll: (bodies: readonly string[]) =>
      client.send(
        new SendMessageBatchCommand({
          QueueUrl,
          Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
        }),
      ),
    /** Lets time pass and the source look. */
    pass: async (seconds: number) => {
      now += seconds * 1000;
      source.look();
      await settled();
      await source.idle();
      await settled();
    },
    left: async (queue: string) =>
      (await engine.queues.receive(queue, 10)).map(({ body }) => body).sort(),
  };
}

/** Some turns of the event loop: every call to the engine takes one. */
async function settled() {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A handler that keeps the bodies of each batch and answers with what it is told. */
function recorder(answer: (event: SQSEvent) => unknown = () => undefined) {
  const batches: string[][] = [];
  const handler: Handler = async (event) => {
    batches.push(event.Records.map(({ body }) => body));
    return answer(event);
  };
  return { batches, handler };
}

// Failures are provoked here; their log lines would only frighten.
beforeEach(() => void jest.spyOn(process.stdout, "write").mockReturnValue(true));
afterEach(() => void jest.restoreAllMocks());

describe("the event source", () => {
  it("starts a function for a single message at once, and deletes what is done", async () => {
    const { batches, handler } = recorder();
    const { send, pass, left } = setUp(handler);
    await send("one");
    await settled();
    expect(batches).toEqual([["one"]]);
    await pass(3600);
    expect(batches).toEqual([["one"]]);
    expect(await left("work")).toEqual([]);
  });

  it("gives the function what SQS gives it, all attributes as text", async () => {
    let event: SQSEvent | undefined;
    let left = 0;
    const { send } = setUp(async (given, context) => {
      event = given;
      left = context.getRemainingTimeInMillis();
    });
    await send("one");
    await settled();
    expect(event?.Records).toEqual([
      {
        messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        receiptHandle: expect.any(String),
        body: "one",
        attributes: {
          ApproximateReceiveCount: "1",
          SentTimestamp: String(Date.parse("2026-01-02T03:04:05Z")),
          ApproximateFirstReceiveTimestamp: String(Date.parse("2026-01-02T03:04:05Z")),
          SenderId: expect.any(String),
        },
        messageAttributes: {},
        md5OfBody: "f97c5d29941bfb1b2fdab0874906ab82",
        eventSource: "aws:sqs",
        eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:work",
        awsRegion: "us-east-1",
      },
    ]);
    expect(left).toBeGreaterThan(59_000);
  });

  it("batches what is ready together, and runs at most so many functions at once", async () => {
    let running = 0;
    let most = 0;
    const releases: (() => void)[] = [];
    const batches: number[] = [];
    const { sendAll, left } = setUp(
      async ({ Records }) => {
        batches.push(Records.length);
        most = Math.max(most, ++running);
        await new Promise<void>((release) => releases.push(release));
        running -= 1;
      },
      { batchSize: 3 },
    );
    await sendAll(["a", "b", "c", "d", "e", "f", "g", "h"]);
    await settled();
    expect([batches, running]).toEqual([[3, 3], 2]);
    releases.shift()?.();
    await settled();
    expect([batches, running]).toEqual([[3, 3, 2], 2]);
    for (const release of releases) release();
    await settled();
    expect([most, await left("work")]).toEqual([2, []]);
  });

  it("receives at once what it has functions for, and starts one for each batch", async () => {
    const releases: (() => void)[] = [];
    const { handler, batches } = recorder(
      () => new Promise<void>((release) => releases.push(release)),
    );
    const { engine, sendAll, source } = setUp(handler, { batchSize: 1, maxConcurrency: 3 });
    source.refuse();
    const asked: number[] = [];
    const receive: Engine["queues"]["receive"] = (queue, max) => {
      asked.push(max);
      return engine.queues.receive(queue, max);
    };
    const worker = { name: "worker", queue: "work", timeoutSeconds: 60, handler };
    const counted = startEventSource(
      { ...worker, batchSize: 1, maxConcurrency: 3 },
      { ...engine.queues, receive },
      () => Date.parse("2026-01-02T03:04:05Z"),
    );
    opened.push({ engine, source: counted });
    await sendAll(["a", "b", "c", "d", "e"]);
    await settled();
    expect([batches, asked]).toEqual([[["a"], ["b"], ["c"]], [3]]);
    for (const release of releases.splice(0)) release();
    await settled();
    expect(batches.slice(3)).toEqual([["d"], ["e"]]);
    for (const release of releases) release();
    await settled();
  });

  it("takes a delayed message when it is due", async () => {
    const { batches, handler } = recorder();
    const { send, pass } = setUp(handler);
    await send("later", 30);
    await pass(29);
    expect(batches).toEqual([]);
    await pass(1);
    expect(batches).toEqual([["later"]]);
  });

  it("finds a delayed message by itself when the clock says so", async () => {
    const started = Promise.withResolvers<void>();
    const engine = openEngine({ file: ":memory:" });
    const url = engine.createQueue({ name: "work", visibility_timeout_seconds: 60 });
    const source = startEventSource(
      {
        name: "worker",
        queue: "work",
        batchSize: 10,
        maxConcurrency: 1,
        timeoutSeconds: 60,
        handler: async () => started.resolve(),
      },
      engine.queues,
    );
    opened.push({ engine, source });
    const { requestHandler } = engine.connect();
    await requestHandler.handle({
      headers: { "x-amz-target": "AmazonSQS.SendMessage" },
      body: JSON.stringify({ QueueUrl: url, MessageBody: "soon", DelaySeconds: 1 }),
    });
    await started.promise;
  });

  it("leaves only what failed, which comes back by its visibility and ends with the dead letters", async () => {
    const { batches, handler } = recorder(({ Records }) => ({
      batchItemFailures: Records.filter(({ body }) => body === "bad").map(({ messageId }) => ({
        itemIdentifier: messageId,
      })),
    }));
    const { sendAll, pass, left } = setUp(handler);
    await sendAll(["good", "bad"]);
    await settled();
    expect(batches).toEqual([["good", "bad"]]);
    await pass(59);
    expect(batches).toHaveLength(1);
    await pass(1);
    expect(batches).toEqual([["good", "bad"], ["bad"]]);
    await pass(60);
    expect(batches).toHaveLength(2);
    expect(await left("dead")).toEqual(["bad"]);
  });

  it.each([
    ["throws", () => Promise.reject(new Error("broken"))],
    ["names an unknown message", async () => ({ batchItemFailures: [{ itemIdentifier: "x" }] })],
  ] as [string, Handler][])("keeps the whole batch when the function %s", async (_, handler) => {
    let runs = 0;
    const { sendAll, pass, left } = setUp((event, context) => {
      runs += 1;
      return handler(event, context);
    });
    await sendAll(["a", "b"]);
    await settled();
    await pass(60);
    await pass(60);
    expect([runs, await left("dead")]).toEqual([2, ["a", "b"]]);
  });

  it("gives up a function beyond its time, and its messages come back", async () => {
    let runs = 0;
    const { send, pass, source } = setUp(
      async () => {
        runs += 1;
        if (runs === 1) await new Promise(() => {});
      },
      { timeoutSeconds: 0.05, maxConcurrency: 1 },
    );
    await send("slow");
    await settled();
    await source.idle();
    expect(runs).toBe(1);
    await pass(60);
    expect(runs).toBe(2);
    await pass(60);
    expect(runs).toBe(2);
  });

  it("takes nothing after it was told to refuse, and lets go of what it was just taking", async () => {
    const { batches, handler } = recorder();
    const { send, source, left } = setUp(handler);
    await send("one");
    source.refuse();
    await settled();
    await send("two");
    await settled();
    expect(batches).toEqual([]);
    expect(await left("work")).toEqual(["one", "two"]);
  });

  it("is idle after that when it has let go of it, so that the queues may be closed", async () => {
    const { batches, handler } = recorder();
    const { send, source, left } = setUp(handler);
    await send("one");
    source.refuse();
    await source.idle();
    expect(batches).toEqual([]);
    expect(await left("work")).toEqual(["one"]);
  });

  it("says once that the queue cannot be read, tries again, and goes on when it can", async () => {
    const said: string[] = [];
    jest.spyOn(process.stdout, "write").mockImplementation((line) => said.push(String(line)) > 0);
    const errors = { left: 2 };
    const { engine, source } = setUp(async () => undefined);
    source.refuse();
    const done = Promise.withResolvers<void>();
    const flaky = startEventSource(
      {
        name: "worker",
        queue: "work",
        batchSize: 10,
        maxConcurrency: 1,
        timeoutSeconds: 60,
        handler: async () => done.resolve(),
      },
      {
        ...engine.queues,
        receive: (queue, max) => {
          if (errors.left-- <= 0) return engine.queues.receive(queue, max);
          // Instead of the pause.
          setImmediate(() => flaky.look());
          return Promise.reject(new Error("disk full"));
        },
      },
      Date.now,
    );
    opened.push({ engine, source: flaky });
    const url = engine.createQueue({ name: "work", visibility_timeout_seconds: 60 });
    await engine.connect().requestHandler.handle({
      headers: { "x-amz-target": "AmazonSQS.SendMessage" },
      body: JSON.stringify({ QueueUrl: url, MessageBody: "x" }),
    });
    await done.promise;
    expect(errors.left).toBeLessThan(0);
    expect(said.filter((line) => line.includes("queue_not_read"))).toHaveLength(1);
  });
});
