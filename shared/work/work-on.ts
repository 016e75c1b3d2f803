import { describeError, log } from "../runtime/log.ts";
import { stopping } from "../runtime/stopping.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Queues } from "../queue/queues.ts";
import { pauseFor, type Timer } from "../runtime/timers.ts";
import { equals } from "../table/condition.ts";
import type { WorkRef } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import { claim, type Lease, renew } from "./lease.ts";
import { dueAt, longestDelayMs, waiting } from "./work-item.ts";
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

/** Claims one work item and works on it while renewing the lease. Returns when the message can go. */
export async function workOn(
  deps: WorkDeps,
  ref: WorkRef,
  setVisibility: (seconds: number) => Promise<void>,
  work: Work,
): Promise<void> {
  const { table, clock, timer, leaseMs } = deps;
  const visibilitySeconds = Math.ceil(leaseMs / 1000) + 5;
  // The message comes back soon should this process die now.
  const [claimed] = await Promise.all([
    claim(table, ref, clock(), leaseMs),
    setVisibility(visibilitySeconds),
  ]);
  if (claimed.outcome === "early") {
    if (claimed.not_before - clock() <= longestDelayMs) await wake(deps, ref, claimed.not_before);
    return;
  }
  if (claimed.outcome !== "claimed") return;

  const { lease } = claimed;
  const held = hold(deps, lease, () => setVisibility(visibilitySeconds));
  try {
    await pauseFor(timer, (lease.item.not_before ?? 0) - clock(), held.signal);
    held.signal.throwIfAborted();
    if ((lease.item.claims ?? 1) > mostClaims) {
      log("error", "work_given_up", { ...ref, claims: lease.item.claims });
      await work.giveUp(lease);
    } else await work.run(lease, held.signal);
  } catch (error) {
    if (held.lost()) {
      log("warn", "lease_lost", { ...ref, ...describeError(error) });
    } else {
      const level = stopping.aborted ? "info" : "error";
      log(level, "work_failed", { ...ref, claims: lease.item.claims, ...describeError(error) });
      await release(deps, lease);
    }
  } finally {
    held.end();
  }
}

/** Puts work off after a caught error; claims go on counting. */
async function release(deps: WorkDeps, { ref, key, token, item }: Lease): Promise<void> {
  const now = deps.clock();
  const pause = stopping.aborted ? 0 : pausesMs[Math.min(item.claims ?? 1, pausesMs.length) - 1];
  const at = now + (pause ?? 0);
  const outcome = await deps.table.update(
    key,
    {
      set: {
        not_before: at,
        due_at: dueAt(at, now),
        sweeps: 0,
        // An orderly stop is no failure of the work.
        ...(stopping.aborted && { claims: 0 }),
      },
      remove: ["lease_token", "lease_until"],
    },
    equals("lease_token", token),
  );
  if (outcome.applied) await wake(deps, ref, at);
}

/** Puts work off to a time and drops the lease: a wait of any length holds no function. */
export async function putOff(
  deps: WorkDeps,
  { ref, key, token }: Lease,
  at: number,
): Promise<void> {
  const outcome = await deps.table.update(
    key,
    waiting(at, deps.clock()),
    equals("lease_token", token),
  );
  if (outcome.applied) await wake(deps, ref, at);
}

interface Held {
  readonly signal: AbortSignal;
  lost(): boolean;
  end(): void;
}

/** Renews a lease every third of its time; aborts when it is refused or no answer comes in time. */
function hold(deps: WorkDeps, lease: Lease, keepInvisible: () => Promise<void>): Held {
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
      await keepInvisible();
    }
    if (!ended) cancelBeat = timer(leaseMs / 3, () => void beat());
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
