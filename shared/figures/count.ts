import * as v from "valibot";

/** How many there were. */
export const Count = v.pipe(v.number(), v.integer());

/** Tokens of models; `cached` are those of the input that the vendor had already read. */
export const Tokens = v.object({ input: Count, output: Count, cached: Count });
