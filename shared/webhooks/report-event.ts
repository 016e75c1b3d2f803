import { deliveryPart, eventPart } from "../deliveries/delivery-store.ts";
import { isoTime } from "../runtime/clock.ts";
import { derivedId } from "../runtime/derived-id.ts";
import type { Id } from "../runtime/ids.ts";
import type { Operation } from "../table/table.ts";
import type { EventType } from "./event-type.ts";
import type { StoredWebhook } from "./webhook.ts";

/** Something that happened, for those endpoints that want to be told. */
export interface Report {
  /** Follows from the fact, so that a repeat of the fact is the same event. */
  readonly id: Id<"evt">;
  readonly type: EventType | "webhook.test";
  /** When it happened, in unix milliseconds. */
  readonly at: number;
  readonly data: unknown;
}

/**
 * The event and a delivery to each of these endpoints, as parts of the very transaction that writes the fact; to wake
 * after the commit. Nothing where there are no endpoints.
 */
export function reportParts(
  teamId: Id<"team">,
  webhooks: readonly StoredWebhook[],
  { id, type, at, data }: Report,
) {
  if (webhooks.length === 0) return { parts: {}, delivery_ids: [] };
  const timestamp = isoTime(at);
  const body = JSON.stringify({ id, type, timestamp, team_id: teamId, data });
  const deliveries = webhooks.map(({ id: webhook_id, url }) => ({
    id: derivedId("dlv", at, id, webhook_id),
    webhook_id,
    url,
  }));
  const delivery_ids = deliveries.map((to) => to.id);
  const event = { id, type, body, delivery_ids };
  const parts: Record<string, Operation> = {
    reported: eventPart(teamId, event, at),
    ...Object.fromEntries(
      deliveries.map((to) => [`report_to_${to.webhook_id}`, deliveryPart(teamId, event, to, at)]),
    ),
  };
  return { parts, delivery_ids };
}
