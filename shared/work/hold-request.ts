import type { Clock } from "../runtime/clock.ts";
import { type Id, newToken } from "../runtime/ids.ts";
import { log } from "../runtime/log.ts";
import { systemTimer } from "../runtime/timers.ts";
import { fastMs, type Place, type Places } from "./places.ts";

/** A request whose answer is held for what a worker does meanwhile, and with it a function. */
export interface HeldRequest {
  /** Whether it may go on: after its first second only with a place, which it takes then. */
  mayGoOn(): Promise<boolean>;
  /** Gives its place back, if it has one. */
  end(): Promise<void>;
}

/**
 * Begins to hold a request, at most until a time in unix milliseconds. Without a bound such requests could take every
 * function of the account, those of the workers that they wait for too.
 */
export function holdRequest(deps: HoldDeps, asked: HeldFor, until: number): HeldRequest {
  const begun = deps.clock();
  const place = placeFor(deps, asked, until);
  return {
    mayGoOn: async () => deps.clock() - begun < fastMs || place.take(),
    end: place.giveBack,
  };
}

/**
 * Does what others may hold up, with a bound as above. The signal is aborted when it has taken a second and there is no
 * place for the request.
 */
export async function whileHeld<T>(
  deps: HoldDeps,
  asked: HeldFor,
  until: number,
  act: (turnedAway: AbortSignal) => Promise<T>,
): Promise<T> {
  const place = placeFor(deps, asked, until);
  const turnedAway = new AbortController();
  let looking: Promise<void> | undefined;
  const look = async () => {
    if (!(await place.take())) turnedAway.abort();
  };
  const cancel = systemTimer(fastMs, () => {
    looking = look();
  });
  try {
    return await act(turnedAway.signal);
  } finally {
    cancel();
    await looking;
    await place.giveBack();
  }
}

/** The place that a request may come to need. */
function placeFor({ places, clock }: HoldDeps, asked: HeldFor, until: number) {
  let place: Place | undefined;
  return {
    take: async () => {
      const token = newToken();
      // Who cannot ask for one is answered as well: nothing is lost by it.
      place ??= await places.take({ ...asked, token, now: clock(), until }).catch(() => undefined);
      if (!place) log("info", "wait_turned_away", { ...asked });
      return place !== undefined;
    },
    // One that is not given back is free when its time is over.
    giveBack: async () => place?.giveBack().catch(() => {}),
  };
}

/** For whom a request is held: a team, and of it what is asked for. */
interface HeldFor {
  readonly team_id: Id<"team">;
  readonly target: string;
}

/** What it takes to hold requests. */
export interface HoldDeps {
  readonly clock: Clock;
  /** The places of requests that are held. */
  readonly places: Places;
}
