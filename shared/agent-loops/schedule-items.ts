import { keys } from "../table/keys.ts";
import type { Item, Operation } from "../table/table.ts";
import { armed, type WorkItem } from "../work/work-item.ts";
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

/** What a saved loop's schedule needs in the table: its work armed for the next due time, or nothing. */
export function scheduleOperation(
  teamId: string,
  { id, schedule, status }: Pick<StoredAgentLoop, "id" | "schedule" | "status">,
  now: number,
): { readonly operation: Operation; readonly next: number | undefined } {
  const key = keys.schedule(teamId, id);
  const next = schedule && status === "active" ? nextDue(schedule, now, now) : undefined;
  if (!schedule || next === undefined) return { operation: { delete: key }, next: undefined };
  const stored: StoredSchedule = {
    schedule,
    anchor: now,
    next_run_at: next,
    claims: 0,
    sweeps: 0,
    ...armed(key, next, now),
  };
  return { operation: { put: { ...stored, ...key } }, next };
}
