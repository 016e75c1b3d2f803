import * as v from "valibot";
import { day } from "../schema/fields.ts";

/** How days are asked for. */
export const DayQuery = v.strictObject({
  from: v.pipe(
    v.optional(day),
    v.description("The first day, in UTC; 29 days before `to` when left out."),
  ),
  to: v.pipe(
    v.optional(day),
    v.description("The last day, itself included; today when left out. At most 90 days in all."),
  ),
});
export type DayQuery = v.InferOutput<typeof DayQuery>;
