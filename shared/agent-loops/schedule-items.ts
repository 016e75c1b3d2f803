import type { Id } from "../runtime/ids.ts";
import { keys } from "../table/keys.ts";
import type { Item, Operation } from "../table/table.ts";
import { arm, type WorkItem } from "../work/work-item.ts";
import type { StoredAgentLoop } from "./agent-loop.ts";
import { nextDue } from "./schedule.ts";
import type { Schedule } from "./schedule-config.ts";

/** The work of a loop that runs by itself. */
export interface StoredSchedule extends WorkItem {
  readonly schedule: Schedule;
  /** When it was saved; unix milliseconds. */
  readonly anchor: number;
  /** The due time that is next; unix milliseconds. */
  readonly next_run_at: number;
}

/** A stored schedule; its shape is held by `test/contract/data-model.test.ts`. */
export const asSchedule = (item: Item | undefined) => item as (Item & StoredSchedule) | undefined;

/**
 * The part of a saved loop's transaction that has it run: its work, armed for the next due time, or nothing left. A time
 * that is due since, by the schedule before, still has its run.
 */
export function schedulePart(
  teamId: Id<"team">,
  { id, schedule, status }: Pick<StoredAgentLoop, "id" | "schedule" | "status">,
  now: number,
  before?: StoredSchedule,
): { readonly schedule: Operation; readonly next: number | undefined } {
  const key = keys.schedule(teamId, id);
  const coming = schedule && status === "active" ? nextDue(schedule, now, now) : undefined;
  if (!schedule || coming === undefined) return { schedule: { delete: key }, next: undefined };
  const isDue = before !== undefined && before.next_run_at <= now;
  const next = isDue ? before.next_run_at : coming;
  const stored: StoredSchedule = {
    schedule,
    anchor: now,
    next_run_at: next,
    claims: 0,
    sweeps: 0,
    ...arm(key, next, now),
  };
  return { schedule: { put: { ...stored, ...key } }, next };
}
