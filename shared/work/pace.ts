import type { Clock } from "../runtime/clock.ts";
import type { Timer } from "../runtime/timers.ts";
import { atMost, either, missing } from "../table/condition.ts";
import type { Table } from "../table/table.ts";
import type { Lease } from "./lease.ts";
import type { Place, Places } from "./places.ts";
import { workKinds } from "./work-kinds.ts";

/** Work that takes longer needs a place. */
const fastMs = 1_000;
/** How long a target counts as slow after it was. */
const slowForMs = 600_000;
/** It is written again when less of that is left. */
const refreshedAtMs = 300_000;

/** What a worker's part tells about how long its work takes. */
export interface Pace {
  /**
   * To be called before others are called for a target, with what the target's row says of it. Work of one that was slow
   * lately takes a place first. Throws NoPlaceError when none is free: then the work waits, and nothing was begun.
   */
  before(slowUntil: number | undefined): Promise<void>;
  /** Does something that is not broken off for want of a place, because it may have effects. */
  whole<T>(act: () => Promise<T>): Promise<T>;
}

/** All places that the work may have are taken. */
export class NoPlaceError extends Error {
  override readonly name = "NoPlaceError";
  constructor() {
    super("No place is free.");
  }
}

/** The pace of work that is under way. */
export interface RunningPace extends Pace {
  /** Aborted when the work has become slow and there is no place for it. */
  readonly signal: AbortSignal;
  /** Whether the work found no place. */
  isTurnedAway(): boolean;
  /** Keeps the place, if there is one. */
  keep(until: number): Promise<void>;
  /** Gives the place back. */
  end(): Promise<void>;
}

interface PaceDeps {
  readonly table: Table;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly leaseMs: number;
  readonly places: Places;
}

/** Watches how long work takes: what is slow takes a place, or is aborted, and its target is remembered as slow. */
export function watchPace(
  { table, clock, timer, leaseMs, places }: PaceDeps,
  { ref: { kind, team_id }, item, token }: Lease,
): RunningPace {
  const slow = workKinds[kind].slow(team_id, item);
  const target = slow && { ...slow, name: `${slow.key.pk} ${slow.key.sk} ${slow.field}` };
  const turnedAway = new AbortController();
  let place: Place | undefined;
  let taking: Promise<boolean> | undefined;
  let told = 0;
  let uncut = 0;
  let ended = false;
  let looking: Promise<void> | undefined;

  const isSlowUntil = () => Math.max(told, (target && places.slowUntil.get(target.name)) ?? 0);

  const take = async () => {
    const now = clock();
    place = await places.take({ team_id, target: target?.name, token, now, until: now + leaseMs });
    return place !== undefined;
  };
  const hasPlace = async () =>
    place !== undefined || (await (taking ??= take().finally(() => (taking = undefined))));

  const remember = async () => {
    const now = clock();
    const until = now + slowForMs;
    const enough = now + refreshedAtMs;
    if (!target || isSlowUntil() > enough) return;
    const { key, field, name } = target;
    // Whoever else in this process finds the same has nothing to write.
    places.slowUntil.set(name, until);
    try {
      await table.update(
        key,
        { set: { [field]: until } },
        either(missing(field), atMost(field, enough)),
      );
    } catch (error) {
      places.slowUntil.set(name, 0);
      throw error;
    }
  };

  const look = async () => {
    try {
      await remember();
      if (!(await hasPlace()) && uncut === 0) return turnedAway.abort(new NoPlaceError());
    } catch {
      // As a renewal that fails: it is tried again, and the lease tells who may write.
    }
    if (!place && !ended) lookLater();
  };
  const lookLater = () => {
    cancelLook = timer(fastMs, () => {
      looking = look();
    });
  };
  let cancelLook = () => {};
  lookLater();

  return {
    signal: turnedAway.signal,
    isTurnedAway: () => turnedAway.signal.aborted,
    before: async (slowUntil = 0) => {
      told = slowUntil;
      if (isSlowUntil() <= clock() || (await hasPlace())) return;
      turnedAway.abort(new NoPlaceError());
      turnedAway.signal.throwIfAborted();
    },
    whole: async (act) => {
      uncut++;
      try {
        return await act();
      } finally {
        uncut--;
      }
    },
    keep: async (until) => place?.keep(until),
    end: async () => {
      ended = true;
      cancelLook();
      await looking;
      await taking?.catch(() => {});
      // One that is not given back is free when its time is over.
      await place?.giveBack().catch(() => {});
    },
  };
}
