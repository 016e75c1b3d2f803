import type { Clock } from "../runtime/clock.ts";
import type { Timer } from "../runtime/timers.ts";
import { atMost, either, missing } from "../table/condition.ts";
import type { Key } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import type { Lease } from "./lease.ts";
import type { OpenMemory } from "./memory.ts";
import { fastMs, type Place, type Places } from "./places.ts";

/** How long a target counts as slow once its work was turned away. */
const slowForMs = 600_000;
/** It is written again when less of that is left. */
const refreshedAtMs = 300_000;

/** Whom work calls, as a row of its team remembers them. */
export interface Target {
  readonly key: Key;
  /** The field of that row which says until when they count as slow, in unix milliseconds. */
  readonly field: string;
  /** What stands there. */
  readonly slow_until: number | undefined;
}

/** What a worker's part tells about how long its work takes. */
export interface Pace {
  /**
   * Does what may take long, as calling others does: one thing at a time. It needs a place after a second; without one the
   * work is turned away. For a target that counts as slow it is begun with a place only, or throws TurnedAwayError.
   */
  watch<T>(target: Target | undefined, act: () => Promise<T>): Promise<T>;
  /** Has the work, should it be turned away, tried again by then at the latest; unix milliseconds. */
  tryAgainBy(at: number): void;
  /** Does something that is not broken off for want of a place, because it may have effects. */
  whole<T>(act: () => Promise<T>): Promise<T>;
  /**
   * Says how many bytes the work holds from now on while it waits for others. Without room for them it is turned away and
   * this throws TurnedAwayError. Not for what is whole.
   */
  hold(bytes: number): void;
}

/** All places that the work may have are taken, or there is no room for what it holds. */
export class TurnedAwayError extends Error {
  override readonly name = "TurnedAwayError";
  constructor() {
    super("No place is free, or no room.");
  }
}

/** The pace of work that is under way. */
export interface RunningPace extends Pace {
  /** Aborted when the work is turned away. */
  readonly signal: AbortSignal;
  /** When work that is turned away now is tried again; unix milliseconds. */
  nextTry(): number;
  /** Keeps the place that the work may have. Should that fail, other work may come to run beside it. */
  keep(until: number): void;
  /** The work holds nothing more. */
  end(): void;
}

interface PaceDeps {
  readonly table: Table;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly leaseMs: number;
  readonly places: Places;
  readonly memory: OpenMemory;
}

/** Watches what work does: what is slow gets a place, or the work is turned away and its target is remembered as slow. */
export function createPace(deps: PaceDeps, lease: Lease): RunningPace {
  const turnedAway = new AbortController();
  const memory = deps.memory(lease.ref.team_id, lease.key.pk);
  let uncut = 0;
  let latestTry = Infinity;
  let held: HeldPlace | undefined;

  return {
    signal: turnedAway.signal,
    nextTry: () => {
      const { turned_away = 0 } = lease.item;
      const now = deps.clock();
      return Math.max(now, Math.min(now + deps.places.pauseMs(turned_away), latestTry));
    },
    tryAgainBy: (at) => {
      latestTry = at;
    },
    keep: (until) => held?.keep(until),
    end: () => memory.giveBack(),
    hold: (bytes) => {
      if (!memory.hold(bytes)) turnedAway.abort(new TurnedAwayError());
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
    watch: async (target, act) => {
      const place = holdPlace(deps, lease, target);
      held = place;
      let isOver = false;
      const getPlace = async () => {
        if ((await place.take()) || isOver) return true;
        if (uncut === 0) turnedAway.abort(new TurnedAwayError());
        if (target) await rememberSlow(deps, target);
        return turnedAway.signal.aborted;
      };
      let stopLooking = async () => {};
      try {
        if (target && slowUntil(deps, target) > deps.clock()) {
          await getPlace();
          turnedAway.signal.throwIfAborted();
        } else stopLooking = lookEach(deps.timer, fastMs, getPlace);
        return await act();
      } finally {
        isOver = true;
        await stopLooking();
        held = undefined;
        await place.giveBack();
      }
    },
  };
}

/** The place of one piece of work, if it has one. */
interface HeldPlace {
  /** Whether it has one now. */
  take(): Promise<boolean>;
  keep(until: number): void;
  giveBack(): Promise<void>;
}

function holdPlace(
  { clock, leaseMs, places }: PaceDeps,
  { ref: { team_id }, token }: Lease,
  target: Target | undefined,
): HeldPlace {
  let place: Place | undefined;
  let keeping: Promise<void> | undefined;
  return {
    take: async () => {
      const now = clock();
      const name = target && nameOf(target);
      place = await places.take({ team_id, target: name, token, now, until: now + leaseMs });
      return place !== undefined;
    },
    keep: (until) => {
      keeping = place?.keep(until).catch(() => {});
    },
    giveBack: async () => {
      await keeping;
      // One that is not given back is free when its time is over.
      await place?.giveBack().catch(() => {});
    },
  };
}

const nameOf = ({ key: { pk, sk }, field }: Target) => `${pk} ${sk} ${field}`;

const slowUntil = ({ places }: PaceDeps, target: Target) =>
  Math.max(target.slow_until ?? 0, places.slowUntil(nameOf(target)));

async function rememberSlow(deps: PaceDeps, target: Target): Promise<void> {
  const { table, clock, places } = deps;
  const now = clock();
  const until = now + slowForMs;
  const enough = now + refreshedAtMs;
  if (slowUntil(deps, target) > enough) return;
  const { key, field } = target;
  // Whoever else in this process finds the same has nothing to write.
  places.noteSlow(nameOf(target), until);
  try {
    const change = { set: { [field]: until } };
    await table.update(key, change, either(missing(field), atMost(field, enough)));
  } catch (error) {
    places.noteSlow(nameOf(target), 0);
    throw error;
  }
}

/** Looks after each pause until it has come to something. What it returns ends it, and waits for a look under way. */
function lookEach(timer: Timer, ms: number, look: () => Promise<boolean>): () => Promise<void> {
  let isOver = false;
  let looking: Promise<void> | undefined;
  let cancel = () => {};
  const lookOnce = async () => {
    // One that fails is made again, as a renewal is.
    const isDone = await look().catch(() => false);
    if (!isDone && !isOver) lookLater();
  };
  const lookLater = () => {
    cancel = timer(ms, () => {
      looking = lookOnce();
    });
  };
  lookLater();
  return async () => {
    isOver = true;
    cancel();
    await looking;
  };
}
