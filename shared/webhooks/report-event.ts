import { deliveryPart, eventPart } from "../deliveries/delivery-store.ts";
import type { Queues } from "../queue/queues.ts";
import { isoTime } from "../runtime/clock.ts";
import { derivedId } from "../runtime/derived-id.ts";
import type { Id } from "../runtime/ids.ts";
import type { Operation } from "../table/table.ts";
import { wakeAll } from "../work/wake.ts";
import type { ReportedType } from "./event-type.ts";
import type { StoredWebhook } from "./webhook.ts";

/** Something that happened, for those endpoints that want to be told. */
export interface Report {
  /** Follows from the fact, so that a repeat of the fact is the same event. */
  readonly id: Id<"evt">;
  readonly type: ReportedType;
  /** When it happened, in unix milliseconds. */
  readonly at: number;
  readonly data: unknown;
}

/** An event and its deliveries as parts of a transaction, and what is to be woken after the commit. */
export interface Reported {
  readonly parts: Partial<Record<"reported" | `report_to_${Id<"wh">}`, Operation>>;
  readonly delivery_ids: readonly Id<"dlv">[];
}

/** What there is to write where nobody wants to be told. */
export const nobodyWants: Reported = { parts: {}, delivery_ids: [] };

/**
 * The event and a delivery to each of these endpoints, as parts of the very transaction that writes the fact; to wake
 * after the commit. Nothing where there are no endpoints. The event is put once, whoever reports it again.
 */
export function reportParts(
  teamId: Id<"team">,
  webhooks: readonly StoredWebhook[],
  { id, type, at, data }: Report,
): Reported {
  if (webhooks.length === 0) return nobodyWants;
  const timestamp = isoTime(at);
  const body = JSON.stringify({ id, type, timestamp, team_id: teamId, data });
  const deliveries = webhooks.map(({ id: webhook_id, url }) => ({
    id: derivedId("dlv", at, id, webhook_id),
    webhook_id,
    url,
  }));
  const delivery_ids = deliveries.map((to) => to.id);
  const event = { id, type, body, delivery_ids };
  return {
    parts: {
      reported: { putIfAbsent: eventPart(teamId, event, at).put },
      ...Object.fromEntries(
        deliveries.map((to) => [`report_to_${to.webhook_id}`, deliveryPart(teamId, event, to, at)]),
      ),
    },
    delivery_ids,
  };
}

/** Wakes the deliveries of an event after the commit. */
export const wakeDeliveries = (
  { queues }: { readonly queues: Queues },
  team_id: Id<"team">,
  ids: readonly Id<"dlv">[],
): Promise<void> =>
  wakeAll(
    queues,
    ids.map((delivery_id) => ({ kind: "delivery", team_id, delivery_id })),
  );
