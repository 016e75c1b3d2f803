import type { Queues } from "../queue/queues.ts";
import type { Clock } from "../runtime/clock.ts";
import { describeError, log } from "../runtime/log.ts";
import { equals, exists } from "../table/condition.ts";
import { shards } from "../table/shards.ts";
import type { Item, Table } from "../table/table.ts";
import type { WorkItem } from "./work-item.ts";
import { queueOf, type WorkRef, workRefOf } from "./work-kinds.ts";

/** Looks a little ahead, because it comes once a minute. */
export const aheadMs = 75_000;
/** After a crash every lease belongs to a dead process; the furthest due_at of leased work is a pause ahead. */
const leasedWithinMs = 1_000_000;
const freedAtOnce = 100;
const pausesMs = [60_000, 60_000, 60_000, 120_000, 240_000, 480_000, 900_000];
/** The sweeper looks at what is due at least so often. */
export const longestPauseMs = Math.max(...pausesMs);

interface SweepDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly clock: Clock;
}

type DueItem = Item & WorkItem;

/** What a sweep has found. */
interface Swept {
  /** Messages sent. */
  readonly swept: number;
  /** For how long the oldest work that is due has been left undone. */
  readonly oldestMs: number;
}

/**
 * Sends a message for everything that is due and unfinished. Send first, push second: a doubled
 * message hurts nothing. One partition's failure does not stop the others; it is thrown when they are done.
 */
export const sweep = (deps: SweepDeps): Promise<Swept> =>
  sweepShards(deps, (dueAt, now) => Math.max(dueAt, now));

/** On one machine, at start, before a worker claims anything: no lease can be alive, so all are removed. */
export async function freeLeases({
  table,
  clock,
}: Pick<SweepDeps, "table" | "clock">): Promise<void> {
  const horizon = clock() + leasedWithinMs;
  const change = { remove: ["lease_token", "lease_until"] };
  for (const shard of shards) {
    for await (const items of duePages(table, shard, horizon)) {
      for (let start = 0; start < items.length; start += freedAtOnce) {
        const some = items.slice(start, start + freedAtOnce);
        await Promise.all(
          some.map(({ pk, sk }) => table.update({ pk, sk }, change, exists("due_at"))),
        );
      }
    }
  }
}

/** After that, while workers are at work: everything due is sent at once. */
export const sweepAtStart = (deps: SweepDeps): Promise<Swept> => sweepShards(deps, (_, now) => now);

/** When the message of work arrives that is due at a time. */
type ArrivalOf = (dueAt: number, now: number) => number;

async function sweepShards(deps: SweepDeps, arrival: ArrivalOf): Promise<Swept> {
  const swept = await Promise.allSettled(shards.map((shard) => sweepShard(deps, shard, arrival)));
  const sum = { swept: 0, oldestMs: 0 };
  for (const outcome of swept) {
    if (outcome.status === "rejected") throw outcome.reason;
    sum.swept += outcome.value.swept;
    sum.oldestMs = Math.max(sum.oldestMs, outcome.value.oldestMs);
  }
  return sum;
}

/** The due items of a shard, each once: what is pushed while it is read shows again further on. */
async function* duePages(table: Table, shard: number, until: number): AsyncGenerator<DueItem[]> {
  const seen = new Set<string>();
  const due = { pk: String(shard), index: "due", where: { atMost: until } } as const;
  for await (const page of table.queryPages(due)) {
    const fresh = page.filter(({ pk, sk }) => !seen.has(`${pk}\n${sk}`));
    for (const { pk, sk } of fresh) seen.add(`${pk}\n${sk}`);
    yield fresh;
  }
}

async function sweepShard(deps: SweepDeps, shard: number, arrival: ArrivalOf): Promise<Swept> {
  const now = deps.clock();
  let swept = 0;
  let oldestMs = 0;
  for await (const items of duePages(deps.table, shard, now + aheadMs)) {
    const due = items.flatMap(asDue);
    for (const { item } of due) oldestMs = Math.max(oldestMs, undoneFor(item, now));
    const byQueue = Map.groupBy(due, ({ ref }) => queueOf(ref));
    for (const [queue, ofQueue] of byQueue) {
      for (let start = 0; start < ofQueue.length; start += 10) {
        const batch = ofQueue.slice(start, start + 10);
        swept += await sendAndPush(deps, queue, batch, now, arrival);
      }
    }
  }
  return { swept, oldestMs };
}

/** Milliseconds since work was due: since this look at it, and the pauses after all looks before. */
function undoneFor({ due_at = 0, sweeps = 0 }: DueItem, now: number): number {
  let pauses = 0;
  for (let look = 0; look < sweeps; look++) pauses += pauseAfter(look);
  return now - due_at + pauses;
}

const pauseAfter = (looks: number) => pausesMs[Math.min(looks, pausesMs.length - 1)] ?? 0;

interface Due {
  readonly item: DueItem;
  readonly ref: WorkRef;
}

/** A row of a kind that this version does not know must not hold up the others. */
function asDue(item: DueItem): Due[] {
  try {
    return [{ item, ref: workRefOf(item) }];
  } catch (error) {
    log("error", "sweep_unknown_work", describeError(error));
    return [];
  }
}

async function sendAndPush(
  { table, queues }: SweepDeps,
  queue: ReturnType<typeof queueOf>,
  batch: readonly Due[],
  now: number,
  arrival: ArrivalOf,
): Promise<number> {
  let failed: readonly number[];
  try {
    failed = await queues.sendBatch(
      queue,
      batch.map(({ item: { due_at = now }, ref }) => ({
        body: ref,
        group: ref.team_id,
        delaySeconds: Math.ceil((arrival(due_at, now) - now) / 1000),
      })),
    );
  } catch (error) {
    log("error", "sweep_not_sent", { queue, count: batch.length, ...describeError(error) });
    return 0;
  }
  if (failed.length > 0) log("error", "sweep_not_sent", { queue, count: failed.length });
  const sent = batch.filter((_, index) => !failed.includes(index));
  await Promise.all(sent.map(({ item }) => push(table, item, arrival(item.due_at ?? now, now))));
  return sent.length;
}

/** Has the next look come later, and later still each time it finds the work undone. */
async function push(table: Table, { pk, sk, due_at = 0, sweeps = 0 }: DueItem, arrivesAt: number) {
  const next = arrivesAt + pauseAfter(sweeps);
  const change = { set: { due_at: next }, add: { sweeps: 1 } };
  await table.update({ pk, sk }, change, equals("due_at", due_at)).catch((error: unknown) => {
    log("warn", "sweep_not_pushed", describeError(error));
  });
}
