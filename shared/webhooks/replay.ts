import * as v from "valibot";
import type { StoredDelivery } from "../deliveries/delivery.ts";
import { isThere } from "../deliveries/delivery-store.ts";
import type { ListedDelivery } from "../deliveries/listed-deliveries.ts";
import { type Id, idFrom } from "../runtime/ids.ts";
import { id, omittable, time } from "../schema/fields.ts";
import { ReportedType } from "./event-type.ts";

/** Which deliveries a caller wants to be sent again. */
export const ReplayInput = v.strictObject({
  since: v.pipe(time, v.description("Only those that were created then or later.")),
  until: v.pipe(
    omittable(time),
    v.description("Only those that were created before; until now when left out."),
  ),
  event_types: v.pipe(
    omittable(
      v.pipe(
        v.array(
          v.picklist(ReportedType.options, "Must be the type of an event."),
          "Must be a list.",
        ),
        v.minLength(1, "Must name at least one type of event."),
        v.check((types) => new Set(types).size === types.length, "Must name each type once."),
        v.metadata({ uniqueItems: true }),
      ),
    ),
    v.description("Only events of these types."),
  ),
  all: v.pipe(omittable(v.boolean(), false), v.description("Also those that have succeeded.")),
});
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

/** The deliveries of a replay that are left, by their places in the list, which sort by creation. */
export const rangeOf = ({ since, until, position }: Replay) => ({
  // Whatever is longer comes next.
  from: position === undefined ? firstAt(since) : `${position}#`,
  to: firstAt(until),
});

const firstAt = (iso: string): Id<"dlv"> =>
  idFrom("dlv", Math.max(0, Date.parse(iso)), new Uint8Array(10));

/** Whether a listed delivery may be one that is sent again: its row decides. */
export const mayBeReplayed = (
  listed: ListedDelivery,
  { event_types, all }: Replay,
  now: number,
): boolean =>
  isThere(listed, now) &&
  (event_types === null || event_types.some((type) => type === listed.event_type)) &&
  (all || listed.status !== "succeeded");

/**
 * Whether a delivery is sent again: one that has ended, or waits after an attempt that failed. Nobody has asked for it
 * since the replay was asked for, so each is armed at most once, however often a slice is repeated.
 */
export const isReplayed = (
  { status, attempts, retry_id: last }: StoredDelivery,
  { all, retry_id }: Replay,
): boolean => {
  // Ids sort by time.
  if (last !== undefined && last >= retry_id) return false;
  if (status === "pending") return attempts.some(({ error }) => error !== null);
  return all || status === "failed";
};
