import type { StoredDelivery } from "../deliveries/delivery.ts";
import { ApiError, notFound } from "../errors/api-error.ts";
import type { Id } from "../runtime/ids.ts";
import type { StoredWebhook } from "./webhook.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** An endpoint that is told something. Throws a 404 when it is not there, and a 409 when it is disabled. */
export async function activeWebhook(
  { webhooks }: { readonly webhooks: WebhookStore },
  teamId: Id<"team">,
  id: Id<"wh">,
): Promise<StoredWebhook> {
  const webhook = await webhooks.find(teamId, id);
  if (!webhook) throw notFound();
  if (webhook.status === "disabled") throw endpointDisabled();
  return webhook;
}

/** A 409: an endpoint is told nothing now. */
export const endpointDisabled = () =>
  new ApiError("conflict", "The endpoint is disabled: set its status to active first.");

/** Refuses a delivery whose endpoint is told nothing any more. Throws a 409 that says why; callbacks always have a receiver. */
export const checkReceiver =
  ({ webhooks }: { readonly webhooks: WebhookStore }) =>
  async (teamId: Id<"team">, { webhook_id }: StoredDelivery): Promise<void> => {
    if (webhook_id === null) return;
    const webhook = await webhooks.find(teamId, webhook_id);
    if (!webhook) {
      throw new ApiError("conflict", "The endpoint was deleted: its deliveries are sent no more.");
    }
    if (webhook.status === "disabled") throw endpointDisabled();
  };
