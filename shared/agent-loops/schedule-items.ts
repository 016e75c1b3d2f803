import type { Id } from "../runtime/ids.ts";
import { keys } from "../table/keys.ts";
import type { Item, Operation } from "../table/table.ts";
import { arm, type WorkItem } from "../work/work-item.ts";
import type { Schedule, StoredAgentLoop } from "./agent-loop.ts";
import { nextDue } from "./schedule.ts";

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

/** The part of a saved loop's transaction that has it run: its work, armed for the next due time, or nothing left. */
export function schedulePart(
  teamId: Id<"team">,
  { id, schedule, status }: Pick<StoredAgentLoop, "id" | "schedule" | "status">,
  now: number,
): { readonly schedule: Operation; readonly next: number | undefined } {
  const key = keys.schedule(teamId, id);
  const next = schedule && status === "active" ? nextDue(schedule, now, now) : undefined;
  if (!schedule || next === undefined) return { schedule: { delete: key }, next: undefined };
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
