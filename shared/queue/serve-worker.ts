import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import * as v from "valibot";
import { systemClock } from "../runtime/clock.ts";
import type { QueueName } from "../runtime/grants.ts";
import type { Measured } from "../runtime/embedded-metrics.ts";
import { describeError, log } from "../runtime/log.ts";
import { metered, newMeter } from "../runtime/meter.ts";
import type { Worker } from "./define-worker.ts";
import { liveQueues } from "./live-queues.ts";
import type { Queues } from "./queues.ts";

type QueueWorker = Worker & { readonly trigger: { readonly queue: QueueName } };
type MessageOf<W extends QueueWorker> = W["trigger"] extends { message: infer S }
  ? S extends v.GenericSchema
    ? v.InferOutput<S>
    : never
  : never;

/** One message with what its worker may do about it. */
export interface Received<Message> {
  readonly message: Message;
  /** Unix milliseconds at which the function's time is up. */
  readonly deadline: number;
  /** How long the message stays invisible from now; a failure is logged, since the table decides. */
  readonly setVisibility: (seconds: number) => Promise<void>;
}

/** Handles one message. What it throws puts the message back. */
export type Consume<W extends QueueWorker> = (received: Received<MessageOf<W>>) => Promise<void>;

const measured: readonly Measured[] = [
  { by: "worker", units: { ms: "Milliseconds", failed_messages: "Count" } },
  { units: { read_units: "Count", write_units: "Count" } },
];

/** Milliseconds kept back at the end of a function for writing down where it is. */
export const marginMs = 5_000;

/** Puts a consumer behind a queue: records side by side, only the failed ones go back. */
export function serveWorker<W extends QueueWorker>(
  worker: W,
  make: () => Consume<W>,
  queues: () => Queues = liveQueues,
): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  const { queue } = worker.trigger;
  let consume: Consume<W> | undefined;

  const handleRecord = async (record: SQSRecord, deadline: number): Promise<boolean> => {
    consume ??= make();
    const meter = newMeter();
    const startedAt = systemClock();
    let error: unknown;
    try {
      const { message: schema } = worker.trigger as { message?: v.GenericSchema };
      const message = (schema ? v.parse(schema, JSON.parse(record.body)) : {}) as MessageOf<W>;
      const run = consume;
      await metered(meter, () =>
        run({
          message,
          deadline,
          setVisibility: (seconds) =>
            queues()
              .setVisibility(queue, record.receiptHandle, seconds)
              .catch((problem: unknown) =>
                log("warn", "visibility_not_set", {
                  worker: worker.name,
                  ...describeError(problem),
                }),
              ),
        }),
      );
    } catch (thrown) {
      error = thrown;
    }
    const fields = {
      worker: worker.name,
      message_id: record.messageId,
      body: record.body.slice(0, 300),
      receives: Number(record.attributes.ApproximateReceiveCount),
      ok: error === undefined,
      ms: systemClock() - startedAt,
      calls: meter.calls,
      queue_calls: meter.queueCalls,
      read_units: meter.readUnits,
      write_units: meter.writeUnits,
      ...(error !== undefined && { failed_messages: 1, ...describeError(error) }),
    };
    log(error === undefined ? "info" : "error", "message", fields, measured);
    return error === undefined;
  };

  return async ({ Records }, context) => {
    const deadline = systemClock() + context.getRemainingTimeInMillis() - marginMs;
    const done = await Promise.all(Records.map((record) => handleRecord(record, deadline)));
    return {
      batchItemFailures: Records.filter((_, index) => !done[index]).map(({ messageId }) => ({
        itemIdentifier: messageId,
      })),
    };
  };
}
