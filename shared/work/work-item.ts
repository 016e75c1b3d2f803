import type { Change } from "../table/condition.ts";
import type { Key } from "../table/keys.ts";
import { dueShard } from "../table/shards.ts";

/*
 * What happens to work, and what it is called everywhere:
 *   arm      the need arises, in the transaction that makes it
 *   claim    one worker takes it, for the time of a lease (`lease.ts`)
 *   renew    the worker keeps it for another such time (`lease.ts`)
 *   wait     the worker has come further, and the rest is for later
 *   release  the worker failed or was turned away, and another is to try
 *   finish   nothing is left to do, in the transaction of the result
 *   sweep    what is due and nobody has taken is sent again (`sweep.ts`)
 */

/** SQS delays no message longer. */
export const longestDelayMs = 900_000;
/** A message that was sent may be lost; this long after it was due, the sweeper sends another. */
export const netMs = 60_000;

/** What a work item carries while it is unfinished. Unfinished means: there is a `due_at`. */
export interface WorkItem {
  readonly due_shard?: number;
  /** When the sweeper looks; unix milliseconds. Decisions read the others. */
  readonly due_at?: number;
  /** Nobody may claim it earlier; unix milliseconds. */
  readonly not_before?: number;
  /** Whose it is: only who has this token writes. */
  readonly lease_token?: string;
  /** Until when it is theirs; unix milliseconds. */
  readonly lease_until?: number;
  /** Claims since the last progress. */
  readonly claims?: number;
  /** Looks of the sweeper since the last claim or wait; each pause is longer. */
  readonly sweeps?: number;
  /** How many times in a row it was turned away. */
  readonly turned_away?: number;
}

/** When the sweeper looks at work that is to be done at a time. */
const dueAt = (at: number, now: number) => (at - now <= longestDelayMs ? at + netMs : at);

/** Arms new work: the attributes of its row. */
export const arm = ({ pk }: Key, at: number, now: number) => ({
  due_shard: dueShard(pk),
  due_at: dueAt(at, now),
  not_before: at,
});

/** Arms work whose row is there; work that is armed or claimed stays as it is. */
export const armIfIdle = ({ pk }: Key, at: number, now: number): Change => ({
  set: { due_shard: dueShard(pk) },
  setIfMissing: { due_at: dueAt(at, now), not_before: at },
});

/** Finishes work. */
export const finish: Change = {
  remove: ["due_shard", "due_at", "not_before", "lease_token", "lease_until", "turned_away"],
};

/** Has work wait and drops the lease; progress was made, so claims count anew. */
export const wait = (at: number, now: number): Change => release(at, now, { claims: 0 });

/** Releases work until a time; claims go on counting as they stand unless they are given. */
export const release = (
  at: number,
  now: number,
  { claims, turned_away }: Pick<WorkItem, "claims" | "turned_away"> = {},
): Change => ({
  set: { not_before: at, due_at: dueAt(at, now), claims, sweeps: 0, turned_away },
  remove: ["lease_token", "lease_until", ...(turned_away === undefined ? ["turned_away"] : [])],
});
