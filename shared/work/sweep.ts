import { describeError, log } from "../runtime/log.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Queues } from "../queue/queues.ts";
import { equals, exists } from "../table/condition.ts";
import { type WorkRef, workRefOf } from "../table/keys.ts";
import type { Item, Table } from "../table/table.ts";
import { queueOf, type WorkItem } from "./work-item.ts";

/** Looks a little ahead, because it comes once a minute. */
const aheadMs = 75_000;
/** After a crash every lease belongs to a dead process; the furthest due_at of leased work is a pause ahead. */
const leasedWithinMs = 1_000_000;
const pausesMs = [60_000, 60_000, 60_000, 120_000, 240_000, 480_000, 900_000];
const shards = [0, 1, 2, 3, 4, 5, 6, 7];

interface SweepDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly clock: Clock;
}

type DueItem = Item & WorkItem;

/** Sends a message for everything that is due and unfinished. Send first, push second: a doubled message hurts nothing. */
export async function sweep(deps: SweepDeps): Promise<number> {
  return sweepShards(deps, (dueAt, now) => Math.max(0, Math.ceil((dueAt - now) / 1000)));
}

type Delay = (dueAt: number, now: number) => number;

async function sweepShards(deps: SweepDeps, delay: Delay): Promise<number> {
  const counts = await Promise.all(shards.map((shard) => sweepShard(deps, shard, delay)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** On one machine, at start: no lease can be alive, so all are removed and everything due is sent at once. */
export async function sweepAtStart(deps: SweepDeps): Promise<number> {
  const horizon = deps.clock() + leasedWithinMs;
  for (const shard of shards) {
    const leased = await dueItems(deps.table, shard, horizon);
    for (const { pk, sk } of leased) {
      const change = { remove: ["lease_token", "lease_until"] };
      await deps.table.update({ pk, sk }, change, exists("due_at"));
    }
  }
  return sweepShards(deps, () => 0);
}

const dueItems = async (table: Table, shard: number, until: number) =>
  (await table.queryAll({
    pk: String(shard),
    index: "due",
    where: { atMost: until },
  })) as DueItem[];

async function sweepShard(deps: SweepDeps, shard: number, delay: Delay): Promise<number> {
  const now = deps.clock();
  let swept = 0;
  let after: Readonly<Record<string, unknown>> | undefined;
  do {
    const { items, last } = await deps.table.query({
      pk: String(shard),
      index: "due",
      where: { atMost: now + aheadMs },
      ...(after && { after }),
    });
    const byQueue = Map.groupBy(items as DueItem[], (item) => queueOf(workRefOf(item)));
    for (const [queue, due] of byQueue) {
      for (let start = 0; start < due.length; start += 10) {
        const batch = due.slice(start, start + 10);
        swept += await sendAndPush(deps, queue, batch, now, delay);
      }
    }
    after = last;
  } while (after);
  return swept;
}

async function sendAndPush(
  { table, queues }: SweepDeps,
  queue: ReturnType<typeof queueOf>,
  batch: readonly DueItem[],
  now: number,
  delay: Delay,
): Promise<number> {
  const refs = batch.map((item): WorkRef => workRefOf(item));
  let failed: readonly number[];
  try {
    failed = await queues.sendBatch(
      queue,
      batch.map(({ due_at = now }, index) => ({
        body: refs[index],
        group: refs[index]?.team_id ?? "",
        delaySeconds: delay(due_at, now),
      })),
    );
  } catch (error) {
    log("error", "sweep_not_sent", { queue, count: batch.length, ...describeError(error) });
    return 0;
  }
  if (failed.length > 0) log("error", "sweep_not_sent", { queue, count: failed.length });
  const sent = batch.filter((_, index) => !failed.includes(index));
  await Promise.all(
    sent.map(({ pk, sk, due_at = now, sweeps = 0 }) =>
      table.update(
        { pk, sk },
        {
          set: {
            due_at: Math.max(due_at, now) + (pausesMs[Math.min(sweeps, 6)] ?? 0),
            sweeps: sweeps + 1,
          },
        },
        equals("due_at", due_at),
      ),
    ),
  );
  return sent.length;
}
