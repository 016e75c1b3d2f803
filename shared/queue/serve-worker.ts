import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import * as v from "valibot";
import { systemClock } from "../runtime/clock.ts";
import type { Measured } from "../runtime/embedded-metrics.ts";
import { firstUnits } from "../runtime/first-units.ts";
import { describeError, log } from "../runtime/log.ts";
import { type Meter, metered, newMeter } from "../runtime/meter.ts";
import type { QueueWorker, Worker } from "./define-worker.ts";
import { liveQueues } from "./live-queues.ts";
import type { Queues } from "./queues.ts";

/** What a message of a worker holds. */
export type MessageOf<W extends QueueWorker> = v.InferOutput<W["trigger"]["message"]>;

/** One message with what its worker may do about it. */
export interface Received<Message> {
  readonly message: Message;
  /** Unix milliseconds by which the work must be over: five seconds before the function is ended, kept for writing. */
  readonly deadline: number;
  /** How long the message stays invisible from now; a failure is logged, since the table decides. */
  readonly setVisibility: (seconds: number) => Promise<void>;
}

/** Handles one message. What it throws puts the message back. */
export type Consume<W extends QueueWorker> = (received: Received<MessageOf<W>>) => Promise<void>;

const measured: readonly Measured[] = [
  { by: "worker", fields: ["ms", "failed_messages"] },
  { fields: ["read_units", "write_units"] },
];

/** Milliseconds kept back at the end of a function for writing down where it is. */
export const marginMs = 5_000;

/** Puts a consumer behind a queue: records side by side, only the failed ones go back. */
export function serveWorker<W extends QueueWorker>(
  worker: W,
  make: () => Consume<W>,
  queues: () => Queues = liveQueues,
): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  let consume: Consume<W> | undefined;
  return async ({ Records }, context) => {
    const deadline = systemClock() + context.getRemainingTimeInMillis() - marginMs;
    const run = (consume ??= make());
    const done = await Promise.all(
      Records.map((record) => handleRecord(worker, run, queues, record, deadline)),
    );
    return {
      batchItemFailures: Records.filter((_, index) => !done[index]).map(({ messageId }) => ({
        itemIdentifier: messageId,
      })),
    };
  };
}

/** Whether the message was handled; if not, it goes back. */
async function handleRecord<W extends QueueWorker>(
  worker: W,
  consume: Consume<W>,
  queues: () => Queues,
  record: SQSRecord,
  deadline: number,
): Promise<boolean> {
  const { queue, message: schema } = worker.trigger;
  const meter = newMeter();
  const startedAt = systemClock();
  const setVisibility = async (seconds: number) => {
    try {
      await queues().setVisibility(queue, record.receiptHandle, seconds);
    } catch (problem) {
      log("warn", "visibility_not_set", { worker: worker.name, ...describeError(problem) });
    }
  };
  let error: unknown;
  try {
    // The schema is this worker's; what it makes of a message is known to the worker's own type only.
    const message = v.parse(schema, JSON.parse(record.body)) as MessageOf<W>;
    await metered(meter, () => consume({ message, deadline, setVisibility }));
  } catch (thrown) {
    error = thrown;
  }
  writeLine(worker, record, { ms: systemClock() - startedAt, meter, error });
  return error === undefined;
}

function writeLine(
  worker: Worker,
  record: SQSRecord,
  { ms, meter, error }: { ms: number; meter: Meter; error: unknown },
): void {
  const fields = {
    worker: worker.name,
    message_id: record.messageId,
    body: firstUnits(record.body, 300),
    receives: Number(record.attributes.ApproximateReceiveCount),
    ok: error === undefined,
    ms,
    calls: meter.calls,
    queue_calls: meter.queueCalls,
    read_units: meter.readUnits,
    write_units: meter.writeUnits,
    ...(error !== undefined && { failed_messages: 1, ...describeError(error) }),
  };
  log(error === undefined ? "info" : "error", "message", fields, measured);
}
