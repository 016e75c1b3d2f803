import type { Mutant } from "./proven.ts";

/** One for each rule of the run-time of Python. */
export const mutants: readonly Mutant[] = [];
