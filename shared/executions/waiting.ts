import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { keys } from "../table/keys.ts";
import type { Item, Table } from "../table/table.ts";
import type { WorkItem } from "../work/work-item.ts";
import { type ExecutionWait, isFinal, type StoredExecution } from "./execution.ts";

/** What an execution's work remembers of a step that failed and is tried again. */
export interface StoredRetry extends Omit<ExecutionWait, "until"> {
  /** The number of the step. */
  readonly step: number;
  /** Unix milliseconds. Work that is due at another time waits for something else. */
  readonly until: number;
}

/** What is tried again in this work, as `retryOrFail` wrote it. */
export const retryOf = (work: Item): StoredRetry | undefined =>
  work["retry"] as StoredRetry | undefined;

/** What each of these waits for, in their order: one read for all that have not ended. */
export async function readWaits(
  table: Table,
  teamId: Id<"team">,
  heads: readonly StoredExecution[],
  now: number,
): Promise<readonly (ExecutionWait | null)[]> {
  const open = heads.filter(({ status }) => !isFinal(status)).map(({ id }) => id);
  const rows = await table.batchGet(open.map((id) => keys.executionWork(teamId, id)));
  const works = new Map(open.map((id, index) => [id, rows[index]]));
  return heads.map(({ id }) => {
    const work = works.get(id);
    return work ? waitOf(work, now) : null;
  });
}

/** Until when an execution waits and for what, by the row of its work; null when it waits for nothing but its worker. */
function waitOf(work: Item & WorkItem, now: number): ExecutionWait | null {
  const { due_at, not_before, turned_away } = work;
  if (due_at === undefined || not_before === undefined || not_before <= now) return null;
  const until = isoTime(not_before);
  if (turned_away) return { until, reason: "place", attempt: turned_away, last_error: null };
  const retry = retryOf(work);
  if (retry?.until !== not_before) return null;
  const { reason, attempt, last_error } = retry;
  return { until, reason, attempt, last_error };
}
