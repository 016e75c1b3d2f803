import type { Delivery } from "../deliveries/delivery.ts";
import { type DeliveryStore, shownDelivery } from "../deliveries/delivery-store.ts";
import { notFound } from "../errors/api-error.ts";
import { usageParts } from "../figures/count-usage.ts";
import type { Queues } from "../queue/queues.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import type { Table } from "../table/table.ts";
import { endpointDisabled } from "./active-webhook.ts";
import { reportParts, wakeDeliveries } from "./report-event.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** Tells an endpoint of a test, whatever it wants to be told of. A repeat of the request gives the same delivery. */
export async function testWebhook(
  deps: TestWebhookDeps,
  teamId: Id<"team">,
  id: Id<"wh">,
  mint: Mint,
): Promise<Delivery> {
  const webhook = await deps.webhooks.find(teamId, id);
  if (!webhook) throw notFound();
  const test = { id: mint.id("evt"), type: "webhook.test", at: mint.now, data: {} } as const;
  const { parts, delivery_ids } = reportParts(teamId, [webhook], test);
  // Refused, it is there: an earlier run of this request has put it.
  if (webhook.status === "active") {
    const deliveries = delivery_ids.length;
    const usage = usageParts(teamId, id, [{ at: mint.now, counts: { deliveries } }]);
    await deps.table.transact(parts, usage);
  }
  const [deliveryId] = delivery_ids;
  const delivery = deliveryId && (await deps.deliveries.find(teamId, deliveryId));
  if (!delivery) throw endpointDisabled();
  if (delivery.status === "pending") await wakeDeliveries(deps, teamId, delivery_ids);
  return shownDelivery(delivery);
}

export interface TestWebhookDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly webhooks: WebhookStore;
  readonly deliveries: DeliveryStore;
}
