import * as v from "valibot";
import { text, wholeNumber } from "../schema/fields.ts";

const temperature = "Must be a number from 0 to 2.";

/** The name of a model, as its vendor gives it. */
export const ModelName = text(1, 200);

/** How freely a model chooses its words. */
export const Temperature = v.pipe(
  v.number(temperature),
  v.minValue(0, temperature),
  v.maxValue(2, temperature),
);

/** The most tokens of one answer. */
export const MaxOutputTokens = wholeNumber(1, 1_000_000);
