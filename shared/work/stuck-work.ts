import { all, atMost, below, either, exists, missing } from "../table/condition.ts";
import { shards } from "../table/shards.ts";
import type { Item, Table } from "../table/table.ts";
import { givenUpMs } from "./end-lease.ts";
import { longestPauseMs } from "./sweep.ts";
import type { WorkItem } from "./work-item.ts";
import { workKey, workKinds, type WorkRef, workRefOf } from "./work-kinds.ts";

/** Why work is taken for stuck. */
export type StuckState =
  /** Claimed again and again without progress. */
  | "failing"
  /** Due, and nobody has taken it for a while. */
  | "not_taken"
  /** Failed so often that it waits for an hour. */
  | "given_up"
  /** Turned away again and again, because all places that it may have are taken. */
  | "turned_away";

/** Unfinished work that does not go on. */
export interface StuckWork {
  readonly ref: WorkRef;
  readonly state: StuckState;
  /** Unix milliseconds since when it could be done. */
  readonly since: number;
  readonly claims: number;
}

const minute = 60_000;
/** A healthy worker takes what is due within seconds, and after a lost message within two minutes. */
const lateMs = 5 * minute;
const manyClaims = 3;
/** So often work is turned away in some three minutes. */
const manyTurnedAway = 13;
/** When it was looked for, the sweeper or a wait may just have moved it on. */
const slackMs = minute;

/** Finds unfinished work that does not go on, oldest first. Reads what is due within the hour. */
export async function findStuckWork(table: Table, now: number): Promise<readonly StuckWork[]> {
  const found = await Promise.all(shards.map((shard) => stuckIn(table, shard, now)));
  return found.flat().sort((a, b) => a.since - b.since);
}

async function stuckIn(table: Table, shard: number, now: number): Promise<StuckWork[]> {
  const due = await table.queryAll({
    pk: String(shard),
    index: "due",
    where: { atMost: now + givenUpMs + slackMs },
  });
  const candidates = due.flatMap((item) => {
    const ref = refOf(item);
    const isNear = Number(item["due_at"]) <= now + longestPauseMs + slackMs;
    return ref && (isNear || ref.kind === "job" || ref.kind === "schedule") ? [ref] : [];
  });
  const items = await table.batchGet(candidates.map(workKey));
  return candidates.flatMap((ref, index) => stuck(ref, items[index], now) ?? []);
}

function refOf(item: Item): WorkRef | undefined {
  try {
    return workRefOf(item);
  } catch {
    return undefined;
  }
}

function stuck(ref: WorkRef, item: Item | undefined, now: number): StuckWork | undefined {
  if (item?.["due_at"] === undefined) return undefined;
  // Rows that the index `due` shows carry these.
  const { not_before = 0, lease_until = 0, claims = 0, turned_away = 0 } = item as Item & WorkItem;
  const of = (state: StuckState, since: number) => ({ ref, state, since, claims });
  if (claims > manyClaims) return of("failing", Math.min(not_before, now));
  if (ref.kind === "job" && not_before > now + workKinds.job.longestWaitMs + slackMs) {
    return of("given_up", now);
  }
  const dueRun = ref.kind === "schedule" ? Number(item["next_run_at"]) : Number.NaN;
  if (dueRun < now - lateMs && not_before > now) return of("given_up", dueRun);
  if (lease_until < now && not_before < now - lateMs) return of("not_taken", not_before);
  if (lease_until < now && turned_away >= manyTurnedAway) return of("turned_away", now);
  return undefined;
}

/**
 * Makes unfinished work due now, as if it had never failed; `early` also what waits for a time to come. False when it is
 * finished, being worked on or waiting.
 */
export async function makeDue(
  table: Table,
  ref: WorkRef,
  now: number,
  early: boolean,
): Promise<boolean> {
  const outcome = await table.update(
    workKey(ref),
    {
      set: { not_before: now, due_at: now, claims: 0, sweeps: 0 },
      remove: ["lease_token", "lease_until", "turned_away"],
    },
    all(
      exists("due_at"),
      ...(early ? [] : [atMost("not_before", now)]),
      either(missing("lease_until"), below("lease_until", now)),
    ),
  );
  return outcome.applied;
}
