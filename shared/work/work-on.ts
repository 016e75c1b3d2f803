import { countCallsFor } from "../outbound/call-slots.ts";
import { hearsEveryone } from "../runtime/announce.ts";
import { eitherSignal } from "../runtime/either-signal.ts";
import { describeError, log } from "../runtime/log.ts";
import { stopping } from "../runtime/stopping.ts";
import { pauseFor, type Timer } from "../runtime/timers.ts";
import { SecretsUnavailableError } from "../secrets/team-keys.ts";
import { type LeaseDeps, releaseAfter, turnAway, waitUntil } from "./end-lease.ts";
import { heldLeases } from "./held-leases.ts";
import { claim, type Lease, renew } from "./lease.ts";
import type { OpenMemory } from "./memory.ts";
import { createPace, type Pace, type RunningPace } from "./pace.ts";
import type { Places } from "./places.ts";
import { wake } from "./wake.ts";
import { type WorkKind, workKinds, type WorkRef } from "./work-kinds.ts";

/** A worker's part: it must finish the item or have it wait, in writes conditional on the lease. */
export interface Work<K extends WorkKind = WorkKind> {
  /**
   * `signal` aborts when the lease is lost, the work is turned away, or the process stops: write nothing more.
   */
  run(lease: Lease<K>, signal: AbortSignal, pace: Pace): Promise<void>;
  /** What to do instead at the sixth claim without progress. */
  giveUp(lease: Lease<K>): Promise<void>;
}

const mostClaims = 5;
const pausesMs = [5_000, 30_000, 120_000];
/** How long work waits for the team's data key, which is no failure of the work. */
const secretsPauseMs = 30_000;

/** Claims one work item and works on it while renewing the lease. Returns when the message can go. */
export async function workOn<K extends WorkKind>(
  deps: WorkDeps,
  ref: WorkRef<K> & WorkRef,
  setVisibility: (seconds: number) => Promise<void>,
  work: Work<K>,
): Promise<void> {
  const visibilitySeconds = Math.ceil(deps.leaseMs / 1000) + 5;
  const hide = () => setVisibility(visibilitySeconds);
  // The message comes back soon should this process die now. A slow queue must not use up the lease.
  const hidden = hide();
  const claimed = await claim(deps.table, ref, deps.clock(), deps.leaseMs);
  if (claimed.outcome === "early") await wake(deps, ref, claimed.not_before);
  if (claimed.outcome === "claimed") {
    // A lease has the kind of the reference that it was claimed by, which `claim` does not tell.
    await workUnder(deps, claimed.lease, hide, work as unknown as Work);
  }
  await hidden;
}

/** What every worker has. */
export interface WorkDeps extends LeaseDeps {
  readonly timer: Timer;
  /** How long a lease lasts without renewal. */
  readonly leaseMs: number;
  /** The places of this worker for what takes long. */
  readonly places: Places;
  /** What all work of this process may hold. */
  readonly memory: OpenMemory;
}

async function workUnder(
  deps: WorkDeps,
  lease: Lease,
  hide: () => Promise<void>,
  work: Work,
): Promise<void> {
  const { ref, item } = lease;
  const { claims = 1, not_before = 0 } = item;
  const pace = createPace(deps, lease);
  const held = hold(deps, lease, hide, pace);
  const { signal } = held;
  try {
    await pauseFor(deps.timer, not_before - deps.clock(), signal);
    signal.throwIfAborted();
    if (claims > mostClaims) {
      const { givenUp } = workKinds[ref.kind];
      const fields = { ...ref, claims, given_up: 1, outcome: givenUp };
      log("error", "work_given_up", fields, [{ fields: ["given_up"] }]);
      await work.giveUp(lease);
    } else {
      await countCallsFor(ref.team_id, ref.kind, () => work.run(lease, signal, pace));
    }
  } catch (error) {
    const problem = { ...ref, claims, ...describeError(error) };
    const why = held.whyOver();
    if (why === "finished") {
      log("info", "work_ended", { ...ref, claims });
    } else if (why === "lost") {
      log("warn", "lease_lost", problem);
    } else if (stopping.aborted) {
      log("info", "work_stopped", problem);
      await releaseAfter(deps, lease, 0, claims - 1);
    } else if (pace.signal.aborted) {
      const { turned_away = 0 } = item;
      const fields = { ...ref, turned_away: turned_away + 1 };
      log("info", "work_turned_away", fields, [{ fields: ["turned_away"] }]);
      await turnAway(deps, lease, pace.nextTry());
    } else if (error instanceof SecretsUnavailableError) {
      log("error", "work_without_key", problem);
      await waitUntil(deps, lease, deps.clock() + secretsPauseMs);
    } else {
      log("error", "work_failed", problem);
      await releaseAfter(deps, lease, pausesMs[Math.min(claims, pausesMs.length) - 1] ?? 0);
    }
  } finally {
    held.end();
    pace.end();
  }
}

interface HeldLease {
  /** Aborted when the lease is over, the work is turned away, or the process stops. */
  readonly signal: AbortSignal;
  /** Why it was aborted, where the lease is over; undefined while it holds. */
  whyOver(): "lost" | "finished" | undefined;
  end(): void;
}

/**
 * Renews a lease every third of its time, and when who ends its work in this process has it looked at; aborts when it is
 * refused or no answer comes in time.
 */
function hold(
  deps: WorkDeps,
  lease: Lease,
  hide: () => Promise<void>,
  pace: RunningPace,
): HeldLease {
  const { table, clock, timer, leaseMs } = deps;
  const { pk } = lease.key;
  const over = new AbortController();
  const { signal, end } = eitherSignal(over.signal, stopping, pace.signal);
  let how: "lost" | "finished" | undefined;
  let ended = false;
  let cancelBeat = () => {};
  let cancelGuard = () => {};

  const stop = (why: "lost" | "finished") => {
    how ??= why;
    over.abort();
  };
  const guardUntil = (until: number) => {
    cancelGuard();
    cancelGuard = timer(until - leaseMs / 6 - clock(), () => stop("lost"));
  };
  const beat = async () => {
    const until = clock() + leaseMs;
    const kept = await renew(table, lease, until).catch(() => undefined);
    if (ended || how) return;
    if (kept === "renewed") {
      guardUntil(until);
      void hide();
      pace.keep(until);
    } else if (kept) return stop(kept);
    beatLater();
  };
  const beatLater = () => {
    cancelBeat();
    cancelBeat = timer(leaseMs / 3, () => void beat());
  };

  guardUntil(lease.until);
  beatLater();
  if (hearsEveryone()) heldLeases.set(pk, () => void beat());
  return {
    signal,
    whyOver: () => how,
    end: () => {
      ended = true;
      heldLeases.delete(pk);
      end();
      cancelBeat();
      cancelGuard();
    },
  };
}
