import { hearsEveryone } from "./announce.ts";

/** Milliseconds before each look of who waits for something that others write into the table: longer ones the longer it takes. */
export function pauseBefore(look: number): number {
  const pauses = hearsEveryone() ? rareLooksMs : looksMs;
  return pauses[Math.min(look, pauses.length - 1)] ?? 0;
}

/** How many looks there are in so many milliseconds. */
export function looksWithin(ms: number): number {
  let looks = 0;
  for (let waited = 0; waited < ms; looks++) waited += pauseBefore(looks);
  return looks;
}

const looksMs = [10, 15, 25, 40, 60, 100, 150, 200, 250];
/** Where the worker announces what it has done: in case that it ended in between. */
const rareLooksMs = [1_000, 5_000];
