import * as v from "valibot";
import { omittable, text, wholeNumber } from "../schema/fields.ts";
import { type NameAndText, named } from "../schema/named.ts";

const Overlap = v.pipe(
  v.picklist(["skip", "allow"]),
  v.title("Overlap"),
  v.description("`skip` passes over a due time while the last execution still runs."),
);
const cron =
  "Five fields, as in `0 9 * * 1-5`; one that never fires is 422. A time that the clocks skip is due when they go on; one that they show twice is due once.";
const timezone = "An IANA time zone, such as `Europe/Berlin`.";
const everyMinutes = "Minutes between runs, counted from when it was saved.";
const byCron: NameAndText = ["CronSchedule", "Runs at times of a calendar."];
const byInterval: NameAndText = ["IntervalSchedule", "Runs every so often."];
const schedule: NameAndText = [
  "Schedule",
  "When a loop runs by itself, without variables: a prompt with `{{…}}` is 422. Due times that were missed are one run.",
];
const kindText = "May be left out: the other fields tell which kind it is.";

/** When a loop runs by itself, as a caller says it and as it is kept. Its kind follows from its fields. */
export const ScheduleInput = named(
  v.union(
    [
      v.pipe(
        named(
          v.strictObject({
            kind: v.pipe(omittable(v.literal("cron")), v.description(kindText)),
            cron: v.pipe(text(1, 200), v.description(cron)),
            timezone: v.pipe(omittable(text(1, 64), "UTC"), v.description(timezone)),
            overlap: omittable(Overlap, "skip"),
          }),
          byCron,
        ),
        v.transform((given) => {
          const { kind: _, ...kept } = given;
          return kept;
        }),
      ),
      v.pipe(
        named(
          v.strictObject({
            kind: v.pipe(omittable(v.literal("interval")), v.description(kindText)),
            every_minutes: v.pipe(wholeNumber(1, 10_080), v.description(everyMinutes)),
            overlap: omittable(Overlap, "skip"),
          }),
          byInterval,
        ),
        v.transform((given) => {
          const { kind: _, ...kept } = given;
          return kept;
        }),
      ),
    ],
    "Must be {cron, timezone, overlap} or {every_minutes, overlap}.",
  ),
  schedule,
);
export type Schedule = v.InferOutput<typeof ScheduleInput>;

/** A schedule as answers show it. */
export const ShownSchedule = named(
  v.variant("kind", [
    named(
      v.object({
        kind: v.literal("cron"),
        cron: v.pipe(v.string(), v.description(cron)),
        timezone: v.pipe(v.string(), v.description(timezone)),
        overlap: Overlap,
      }),
      byCron,
    ),
    named(
      v.object({
        kind: v.literal("interval"),
        every_minutes: v.pipe(v.number(), v.integer(), v.description(everyMinutes)),
        overlap: Overlap,
      }),
      byInterval,
    ),
  ]),
  schedule,
);
