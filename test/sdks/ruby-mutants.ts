import type { Mutant } from "./proven.ts";

export const mutants: readonly Mutant[] = [];
