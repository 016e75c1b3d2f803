import { systemRandom } from "../runtime/random.ts";
import { pauseFor, systemTimer } from "../runtime/timers.ts";

/** How often is tried what others stand in the way of: for about three seconds. */
export const tries = 30;

/** Waits after the failed try with this number, from 1 on: by chance, up to 20, 40, 80, 160 and then 200 ms. */
export const pauseAfter = (tried: number) =>
  pauseFor(systemTimer, systemRandom() * Math.min(200, 10 * 2 ** tried) + 1);
