import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { createWebhookStore, type WebhookStore } from "#shared/webhooks/webhook-store";
import { route } from "./route.ts";

export const handle =
  ({ webhooks }: { webhooks: WebhookStore }): Handle<typeof route> =>
  async ({ caller, params }) => {
    const webhook = await webhooks.find(caller.team_id, params.id);
    if (!webhook) throw notFound();
    return { body: webhook };
  };

export const handler = serve(route, () => handle({ webhooks: createWebhookStore(liveTable()) }));
