import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Context } from "aws-lambda";
import * as v from "valibot";
import { sqsEvent } from "#lib/local/event-source";
import { defineWorker } from "#shared/queue/define-worker";
import type { Queues } from "#shared/queue/queues";
import { type Received, serveWorker } from "#shared/queue/serve-worker";
import { systemClock, useClock } from "#shared/runtime/clock";
import { count } from "#shared/runtime/meter";
import { withLog } from "#test/support/log-lines";

const now = Date.parse("2026-03-04T05:06:00.000Z");
beforeEach(() => useClock(() => now));
afterEach(() => useClock(Date.now));

const worker = defineWorker({
  name: "counting",
  summary: "Counts",
  impact: "Nothing is counted.",
  trigger: {
    queue: "jobs",
    message: v.object({ number: v.number() }),
    batchSize: 10,
    maxReceives: 10,
    maxConcurrency: 2,
  },
  timeoutSeconds: 60,
  grants: {},
});

type Message = Received<{ number: number }>;

const eventOf = (...bodies: string[]) =>
  sqsEvent(
    "jobs",
    bodies.map((body, index) => ({
      messageId: `m${index}`,
      receiptHandle: `handle of m${index}`,
      body,
      md5OfBody: "",
      attributes: {},
    })),
  );
const context = { getRemainingTimeInMillis: () => 60_000 } as Context;

const noQueues: Queues = {
  send: async () => {},
  sendBatch: async () => [],
  setVisibility: async () => {},
};

const serve = (consume: (received: Message) => Promise<void>, queues: Partial<Queues> = {}) =>
  serveWorker(
    worker,
    () => consume,
    () => ({ ...noQueues, ...queues }),
  );

describe("A worker behind a queue", () => {
  it("handles the messages of a batch side by side and sends only the failed ones back", async () => {
    let open = 0;
    let most = 0;
    const { result, lines } = await withLog(() =>
      serve(async ({ message }) => {
        most = Math.max(most, ++open);
        await nextTurn();
        open--;
        if (message.number === 2) throw new Error("Two is bad.");
      })(eventOf('{"number":1}', '{"number":2}', '{"number":3}'), context),
    );
    expect(result).toEqual({ batchItemFailures: [{ itemIdentifier: "m1" }] });
    expect(most).toBe(3);
    expect(lines.map(({ level, message_id, ok }) => [level, message_id, ok])).toEqual([
      ["info", "m0", true],
      ["error", "m1", false],
      ["info", "m2", true],
    ]);
  });

  it.each([
    ["no JSON", "{"],
    ["another shape", '{"number":"one"}'],
    ["null", "null"],
  ])("sends back a message that is %s and handles the others", async (_, body) => {
    const handled: number[] = [];
    const { result } = await withLog(() =>
      serve(async ({ message }) => void handled.push(message.number))(
        eventOf(body, '{"number":7}'),
        context,
      ),
    );
    expect(result.batchItemFailures).toEqual([{ itemIdentifier: "m0" }]);
    expect(handled).toEqual([7]);
  });

  it("is told when its time is up, five seconds before the function's end", async () => {
    let deadline = 0;
    await withLog(() =>
      serve(async (received) => void (deadline = received.deadline))(
        eventOf('{"number":1}'),
        context,
      ),
    );
    expect(deadline - systemClock()).toBe(55_000);
  });

  it("goes on when its message cannot be hidden", async () => {
    const { result, lines } = await withLog(() =>
      serve(async ({ setVisibility }) => setVisibility(25), {
        setVisibility: async () => {
          throw new Error("The queue is gone.");
        },
      })(eventOf('{"number":1}'), context),
    );
    expect(result.batchItemFailures).toEqual([]);
    expect(lines.map(({ event }) => event)).toEqual(["visibility_not_set", "message"]);
  });

  it("says of each message what it cost, and of no other", async () => {
    const { lines } = await withLog(() =>
      serve(async ({ message }) => {
        for (let call = 0; call < message.number; call++) {
          await nextTurn();
          count({ read: 1, write: 2 });
        }
      })(eventOf('{"number":1}', '{"number":3}'), context),
    );
    expect(lines.map((line) => [line["calls"], line["read_units"], line["write_units"]])).toEqual([
      [1, 1, 2],
      [3, 3, 6],
    ]);
  });
});
