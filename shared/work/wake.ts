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
