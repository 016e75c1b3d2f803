import type { Queues } from "../queue/queues.ts";
import type { Clock } from "../runtime/clock.ts";
import { type Change, changes, equals } from "../table/condition.ts";
import type { Table } from "../table/table.ts";
import type { Lease } from "./lease.ts";
import { wake } from "./wake.ts";
import { finish, release, wait } from "./work-item.ts";

/** Has work wait until a time and drops the lease: a wait of any length holds no function. `set` is written with it. */
export const waitUntil = (
  deps: LeaseDeps,
  lease: Lease,
  at: number,
  set: Readonly<Record<string, unknown>> = {},
): Promise<void> => drop(deps, lease, at, changes(wait(at, deps.clock()), { set }));

/** What a lease ends with. */
export interface LeaseDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly clock: Clock;
}

/** Releases work after a caught error; claims go on counting, from `claims` if it is given. */
export function releaseAfter(
  deps: LeaseDeps,
  lease: Lease,
  pauseMs: number,
  claims?: number,
): Promise<void> {
  const now = deps.clock();
  return drop(deps, lease, now + pauseMs, release(now + pauseMs, now, { claims }));
}

/** Releases work that was turned away until a time; nothing has failed, so claims count as before. */
export function turnAway(deps: LeaseDeps, lease: Lease, at: number): Promise<void> {
  const { claims = 1, turned_away = 0 } = lease.item;
  const counted = { claims: claims - 1, turned_away: turned_away + 1 };
  return drop(deps, lease, at, release(at, deps.clock(), counted));
}

async function drop(
  deps: LeaseDeps,
  { ref, key, token }: Lease,
  at: number,
  change: Change,
): Promise<void> {
  await deps.table.update(key, change, equals("lease_token", token));
  // Also when it was refused: that may be our own write, whose answer was lost, and a needless message hurts nothing.
  await wake(deps, ref, at);
}

/** How long work waits that is never given up for good. */
export const givenUpMs = 3_600_000;

/** How work is given up that is never given up for good: it is tried again in an hour. */
export const tryInAnHour =
  (deps: LeaseDeps) =>
  (lease: Lease): Promise<void> =>
    waitUntil(deps, lease, deps.clock() + givenUpMs);

/** Finishes work about which nothing is to be written. */
export async function finishWork({ table }: LeaseDeps, { key, token }: Lease): Promise<void> {
  await table.update(key, finish, equals("lease_token", token));
}

/** Finishes work by removing its row: were it finished first, a crash in between would leave the row for good. */
export async function removeWork({ table }: LeaseDeps, { key, token }: Lease): Promise<void> {
  await table.delete(key, equals("lease_token", token));
}
