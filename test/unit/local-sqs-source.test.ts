import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { SQSEvent } from "aws-lambda";
import { type EventSource, type SourceQueues, startEventSource } from "#lib/local/event-source";
import { createSqsSource } from "#lib/local/sqs-source";
import { openTestEngine } from "#test/support/embedded-clients";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A queue behind HTTP, with what an event source would use of it. */
async function setUp() {
  const { engine } = openTestEngine();
  const QueueUrl = engine.createQueue({ name: "work", visibility_timeout_seconds: 60 });
  const server = await engine.listen(0);
  const client = new SQSClient({
    region: "us-east-1",
    endpoint: server.url,
    credentials: { accessKeyId: "a", secretAccessKey: "a" },
  });
  closers.push(
    () => engine.close(),
    () => server.close(),
    () => client.destroy(),
  );
  const queues = createSqsSource(client, new Map([["work", QueueUrl]]));
  return {
    queues,
    send: (...bodies: readonly string[]) =>
      client.send(
        new SendMessageBatchCommand({
          QueueUrl,
          Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
        }),
      ),
    /** What can be received, by its bodies; it stays as it is. */
    left: async () => {
      const messages = await engine.queues.receive("work", 10);
      for (const { receiptHandle } of messages) {
        await engine.queues.changeVisibility("work", receiptHandle, 0);
      }
      return messages.map(({ body }) => body).sort();
    },
    start: (handler: (event: SQSEvent) => Promise<unknown>, of: SourceQueues = queues) => {
      const source: EventSource = startEventSource(
        {
          name: "worker",
          queue: "work",
          batchSize: 10,
          maxConcurrency: 2,
          timeoutSeconds: 60,
          handler,
        },
        of,
      );
      closers.push(() => source.refuse());
      return source;
    },
  };
}

// Failures are provoked here; their log lines would only frighten.
beforeEach(() => void jest.spyOn(process.stdout, "write").mockReturnValue(true));
afterEach(() => void jest.restoreAllMocks());

describe("an event source over SQS", () => {
  it("gets messages that come while it waits, deletes what is done and leaves what failed", async () => {
    const { start, send, left } = await setUp();
    const got = Promise.withResolvers<SQSEvent>();
    const source = start(async (event) => {
      got.resolve(event);
      return {
        batchItemFailures: event.Records.filter(({ body }) => body === "bad").map(
          ({ messageId }) => ({ itemIdentifier: messageId }),
        ),
      };
    });
    await send("good", "bad");
    const { Records } = await got.promise;
    expect(Records.map(({ body }) => body).sort()).toEqual(["bad", "good"]);
    expect(Records[0]?.attributes.ApproximateReceiveCount).toBe("1");
    await source.idle();
    source.refuse();
    expect(await left()).toEqual([]);
  });

  it("gives messages back whose visibility is set to nothing", async () => {
    const { queues, send, left } = await setUp();
    await send("one");
    const [message] = await queues.receive("work", 10);
    expect(await left()).toEqual([]);
    await queues.changeVisibility("work", message!.receiptHandle, 0);
    expect(await left()).toEqual(["one"]);
  });

  it("ends its wait when it is told to refuse, and takes nothing more", async () => {
    const { queues, start, send, left } = await setUp();
    const asked = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<number>();
    const source = start(async () => {}, {
      ...queues,
      receive: async (queue, max) => {
        const receiving = queues.receive(queue, max);
        asked.resolve();
        const messages = await receiving;
        ended.resolve(messages.length);
        return messages;
      },
    });
    await asked.promise;
    source.refuse();
    expect(await ended.promise).toBe(0);
    await send("one");
    expect(await left()).toEqual(["one"]);
  });

  it("says that a message could not be deleted", async () => {
    const { queues } = await setUp();
    await expect(queues.delete("work", ["no handle"])).rejects.toThrow(
      "1 messages were not deleted: ReceiptHandleIsInvalid.",
    );
  });
});
