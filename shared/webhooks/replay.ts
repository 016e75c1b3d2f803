import * as v from "valibot";
import { id, omittable, time } from "../schema/fields.ts";
import { ReportedType } from "./event-type.ts";

/** Which deliveries a caller wants to be sent again. */
export const ReplayInput = v.pipe(
  v.strictObject({
    since: v.pipe(
      time,
      v.description("A time in the past: only those that were created then or later."),
    ),
    until: v.pipe(
      omittable(time),
      v.description(
        "Only those that were created before, later than `since`; until now when left out.",
      ),
    ),
    event_types: v.pipe(
      omittable(
        v.pipe(
          v.array(ReportedType, "Must be a list."),
          v.minLength(1, "Must name at least one type of event."),
          v.check((types) => new Set(types).size === types.length, "Must name each type once."),
          v.metadata({ uniqueItems: true }),
        ),
      ),
      v.description("Only events of these types; all when left out."),
    ),
    all: v.pipe(
      omittable(v.boolean(), false),
      v.description("Also those that have succeeded at once."),
    ),
  }),
  v.description("Which deliveries are sent again."),
);
export type ReplayInput = v.InferOutput<typeof ReplayInput>;

/** A replay as its row says it. */
export const Replay = v.object({
  webhook_id: id("wh"),
  /** From then on, and before; ISO 8601. */
  since: v.string(),
  until: v.string(),
  event_types: v.nullable(v.array(ReportedType)),
  all: v.boolean(),
  /** By which a delivery shows that it was armed by this replay, or by who asked later. */
  retry_id: id("req"),
  /** How many deliveries were counted before it began. */
  replayed: v.pipe(v.number(), v.integer()),
  /** Up to where it has come in the list. */
  position: v.optional(id("dlv")),
});
export type Replay = v.InferOutput<typeof Replay>;
