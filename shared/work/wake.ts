import type { Queues } from "../queue/queues.ts";
import type { Clock } from "../runtime/clock.ts";
import { describeError, log } from "../runtime/log.ts";
import { longestDelayMs } from "./work-item.ts";
import { queueOf, type WorkRef } from "./work-kinds.ts";

/**
 * Wakes the worker of armed work, after the commit. Work further away than a message can wait is the sweeper's.
 * A failed send is logged, not thrown: the table holds the work, and the sweeper finds it.
 */
export async function wake(
  { queues, clock }: { queues: Queues; clock: Clock },
  ref: WorkRef,
  at: number,
): Promise<void> {
  const wait = Math.max(0, at - clock());
  if (wait > longestDelayMs) return;
  try {
    await queues.send(queueOf(ref), {
      body: ref,
      group: ref.team_id,
      delaySeconds: Math.ceil(wait / 1000),
    });
  } catch (error) {
    log("warn", "wake_not_sent", { ...ref, ...describeError(error) });
  }
}

const mostInBatch = 10;

/** Wakes the worker of many pieces of work of one queue, armed for now, after their commit. Failed sends are logged, as above. */
export async function wakeAll(queues: Queues, refs: readonly WorkRef[]): Promise<void> {
  const batches: WorkRef[][] = [];
  for (let start = 0; start < refs.length; start += mostInBatch) {
    batches.push(refs.slice(start, start + mostInBatch));
  }
  await Promise.all(batches.map((batch) => wakeBatch(queues, batch)));
}

async function wakeBatch(queues: Queues, batch: readonly WorkRef[]): Promise<void> {
  const [first] = batch;
  if (!first) return;
  const messages = batch.map((body) => ({ body, group: body.team_id, delaySeconds: 0 }));
  try {
    const failed = await queues.sendBatch(queueOf(first), messages);
    for (const index of failed) log("warn", "wake_not_sent", { ...batch[index] });
  } catch (error) {
    log("warn", "wake_not_sent", { ...first, count: batch.length, ...describeError(error) });
  }
}
