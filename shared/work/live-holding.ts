import { systemClock } from "../runtime/clock.ts";
import { heldFunctions } from "../runtime/held-functions.ts";
import type { HoldDeps } from "./hold-request.ts";
import { livePlaces } from "./live-places.ts";
import type { Places } from "./places.ts";

let places: Places | undefined;

/** The deployment's means to hold requests. All routes share one pool of places. */
export function liveHolding(): HoldDeps {
  places ??= livePlaces("waits", heldFunctions);
  return { clock: systemClock, places };
}
