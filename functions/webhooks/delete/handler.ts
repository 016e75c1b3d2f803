import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { deleteWebhook } from "#shared/webhooks/delete-webhook";
import { createWebhookStore, type WebhookStore } from "#shared/webhooks/webhook-store";
import { route } from "./route.ts";

export const handle =
  (deps: { webhooks: WebhookStore }): Handle<typeof route> =>
  async ({ caller, params, mint }) => {
    await deleteWebhook(deps, caller, params.id, mint);
    return { body: { id: params.id, deleted: true } };
  };

export const handler = serve(route, () => handle({ webhooks: createWebhookStore(liveTable()) }));
