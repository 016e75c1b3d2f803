import type { Clock } from "../runtime/clock.ts";
import { type Id, newToken } from "../runtime/ids.ts";
import { log } from "../runtime/log.ts";
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
export function holdRequest(
  { places, clock }: HoldDeps,
  asked: { readonly team_id: Id<"team">; readonly target: string },
  until: number,
): HeldRequest {
  const begun = clock();
  let place: Place | undefined;
  return {
    mayGoOn: async () => {
      const now = clock();
      if (place || now - begun < fastMs) return true;
      // Who cannot ask for one is answered as well: nothing is lost by it.
      place = await places.take({ ...asked, token: newToken(), now, until }).catch(() => undefined);
      if (!place) log("info", "wait_turned_away", asked);
      return place !== undefined;
    },
    // One that is not given back is free when its time is over.
    end: async () => place?.giveBack().catch(() => {}),
  };
}

/** What it takes to hold requests. */
export interface HoldDeps {
  readonly clock: Clock;
  /** The places of requests that are held. */
  readonly places: Places;
}
