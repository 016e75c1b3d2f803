import { describeError, log } from "../runtime/log.ts";
import { stopping } from "../runtime/stopping.ts";
import { SecretsUnavailableError } from "../secrets/team-keys.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Queues } from "../queue/queues.ts";
import { pauseFor, type Timer } from "../runtime/timers.ts";
import { type Change, changes, equals } from "../table/condition.ts";
import type { WorkRef } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import { claim, type Lease, renew } from "./lease.ts";
import { putBack, waiting } from "./work-item.ts";
import { wake } from "./wake.ts";

/** What working needs. */
export interface WorkDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly timer: Timer;
  /** How long a lease lasts without renewal. */
  readonly leaseMs: number;
}

/** A worker's part: it must finish the item or put it off, in writes conditional on the lease. */
export interface Work {
  /** `signal` aborts when the lease is lost or the process stops: write nothing more. */
  run(lease: Lease, signal: AbortSignal): Promise<void>;
  /** What to do instead at the sixth claim without progress. */
  giveUp(lease: Lease): Promise<void>;
}

const mostClaims = 5;
const pausesMs = [5_000, 30_000, 120_000];
/** How long work waits for the team's data key, which is no failure of the work. */
const secretsPauseMs = 30_000;

/** Claims one work item and works on it while renewing the lease. Returns when the message can go. */
export async function workOn(
  deps: WorkDeps,
  ref: WorkRef,
  setVisibility: (seconds: number) => Promise<void>,
  work: Work,
): Promise<void> {
  const visibilitySeconds = Math.ceil(deps.leaseMs / 1000) + 5;
  const hide = () => setVisibility(visibilitySeconds);
  // The message comes back soon should this process die now. A slow queue must not use up the lease.
  const hidden = hide();
  const claimed = await claim(deps.table, ref, deps.clock(), deps.leaseMs);
  if (claimed.outcome === "early") await wake(deps, ref, claimed.not_before);
  if (claimed.outcome === "claimed") await workUnder(deps, claimed.lease, hide, work);
  await hidden;
}

async function workUnder(
  deps: WorkDeps,
  lease: Lease,
  hide: () => Promise<void>,
  work: Work,
): Promise<void> {
  const { ref, item } = lease;
  const { claims = 1, not_before = 0 } = item;
  const held = hold(deps, lease, hide);
  try {
    await pauseFor(deps.timer, not_before - deps.clock(), held.signal);
    held.signal.throwIfAborted();
    if (claims > mostClaims) {
      const fields = { ...ref, claims, given_up: 1 };
      log("error", "work_given_up", fields, [{ units: { given_up: "Count" } }]);
      await work.giveUp(lease);
    } else await work.run(lease, held.signal);
  } catch (error) {
    const problem = { ...ref, claims, ...describeError(error) };
    if (held.lost()) {
      log("warn", "lease_lost", problem);
    } else if (stopping.aborted) {
      log("info", "work_stopped", problem);
      await release(deps, lease, 0, claims - 1);
    } else if (error instanceof SecretsUnavailableError) {
      log("error", "work_put_off", problem);
      await putOff(deps, lease, deps.clock() + secretsPauseMs);
    } else {
      log("error", "work_failed", problem);
      await release(deps, lease, pausesMs[Math.min(claims, pausesMs.length) - 1] ?? 0);
    }
  } finally {
    held.end();
  }
}

/** Puts work off after a caught error; claims go on counting, from `claims` if it is given. */
function release(deps: WorkDeps, lease: Lease, pauseMs: number, claims?: number): Promise<void> {
  const now = deps.clock();
  return letGo(deps, lease, now + pauseMs, putBack(now + pauseMs, now, claims));
}

/** Puts work off to a time and drops the lease: a wait of any length holds no function. `set` is written with it. */
export const putOff = (
  deps: WorkDeps,
  lease: Lease,
  at: number,
  set: Readonly<Record<string, unknown>> = {},
): Promise<void> => letGo(deps, lease, at, changes(waiting(at, deps.clock()), { set }));

async function letGo(
  deps: WorkDeps,
  { ref, key, token }: Lease,
  at: number,
  change: Change,
): Promise<void> {
  await deps.table.update(key, change, equals("lease_token", token));
  // Also when it was refused: that may be our own write, whose answer was lost, and a needless message hurts nothing.
  await wake(deps, ref, at);
}

interface Held {
  readonly signal: AbortSignal;
  lost(): boolean;
  end(): void;
}

/** Renews a lease every third of its time; aborts when it is refused or no answer comes in time. */
function hold(deps: WorkDeps, lease: Lease, hide: () => Promise<void>): Held {
  const { table, clock, timer, leaseMs } = deps;
  const lost = new AbortController();
  let ended = false;
  let cancelBeat = () => {};
  let cancelGuard = () => {};

  const guardUntil = (until: number) => {
    cancelGuard();
    cancelGuard = timer(until - leaseMs / 6 - clock(), () => lost.abort());
  };
  const beat = async () => {
    const until = clock() + leaseMs;
    const kept = await renew(table, lease, until).catch(() => undefined);
    if (ended || lost.signal.aborted) return;
    if (kept === false) return lost.abort();
    if (kept) {
      guardUntil(until);
      void hide();
    }
    cancelBeat = timer(leaseMs / 3, () => void beat());
  };

  guardUntil(lease.until);
  cancelBeat = timer(leaseMs / 3, () => void beat());
  return {
    signal: AbortSignal.any([lost.signal, stopping]),
    lost: () => lost.signal.aborted,
    end: () => {
      ended = true;
      cancelBeat();
      cancelGuard();
    },
  };
}
