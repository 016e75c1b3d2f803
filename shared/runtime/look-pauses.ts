import { hearsEveryone } from "./announce.ts";

/** Milliseconds before each look of who waits for something that others write into the table: longer ones the longer it takes. */
export const pauseBefore = (look: number): number =>
  hearsEveryone() ? rareLookMs : (looksMs[Math.min(look, looksMs.length - 1)] ?? rareLookMs);

/** How many looks there are in so many milliseconds. */
export function looksWithin(ms: number): number {
  let looks = 0;
  for (let waited = 0; waited < ms; looks++) waited += pauseBefore(looks);
  return looks;
}

const looksMs = [10, 15, 25, 40, 60, 100, 150, 200, 250];
/** Where the worker announces what it has done, in case that it ended in between. */
const rareLookMs = 1_000;
