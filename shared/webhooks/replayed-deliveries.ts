import type { StoredDelivery } from "../deliveries/delivery.ts";
import { isThere, type ListedDelivery } from "../deliveries/delivery-store.ts";
import { type Id, idFrom } from "../runtime/ids.ts";
import type { Replay } from "./replay.ts";

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
  { event_types }: Replay,
  now: number,
): boolean =>
  isThere(listed, now) &&
  (event_types === null || event_types.some((type) => type === listed.event_type));

/**
 * Whether a delivery is sent again: one that failed or has an attempt that did, or each that has ended. Nobody has asked
 * for it since the replay was asked for, so each is armed at most once, however often a slice is repeated.
 */
export const isReplayed = (
  { status, attempts, retry_id: last }: StoredDelivery,
  { all, retry_id }: Replay,
): boolean => {
  // Ids sort by time.
  if (last !== undefined && last >= retry_id) return false;
  if (status === "failed" || attempts.some(({ error }) => error !== null)) return true;
  return all && status === "succeeded";
};
