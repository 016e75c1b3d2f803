import * as v from "valibot";

/** How many there were. */
export const Count = v.pipe(v.number(), v.integer());

/** Tokens of models; `cached` are those of the input that the vendor had already read. */
export const Tokens = v.pipe(
  v.object({
    input: v.pipe(Count, v.description("Tokens that models read.")),
    output: v.pipe(Count, v.description("Tokens that models wrote.")),
    cached: v.pipe(Count, v.description("Those of the input that the vendor had already read.")),
  }),
  v.title("TokenCounts"),
  v.description("What models read and wrote."),
);
