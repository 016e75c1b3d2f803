import type { Added } from "./figures.ts";

/** What was counted in all of these. */
export function sumOf<F extends string>(all: readonly { readonly counts: Added<F> }[]): Sum<F> {
  const sums = new Map<string, number>();
  for (const { counts } of all) {
    for (const [name, count = 0] of Object.entries<number | undefined>(counts)) {
      sums.set(name, (sums.get(name) ?? 0) + count);
    }
  }
  // Its names are those of what was counted.
  const counts = Object.fromEntries(sums) as Added<F>;
  return { counts, of: (name) => sums.get(name) ?? 0 };
}

/** Counts, each of which can be asked for by name: 0 where nothing was counted. */
export interface Sum<F extends string> {
  readonly counts: Added<F>;
  readonly of: (name: F) => number;
}
