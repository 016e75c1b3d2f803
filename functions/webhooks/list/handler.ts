import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { matches } from "#shared/schema/matches";
import { liveTable } from "#shared/table/live-table";
import { pageOf } from "#shared/table/page";
import { createWebhookStore, type WebhookStore } from "#shared/webhooks/webhook-store";
import { route } from "./route.ts";

export const handle =
  ({ webhooks }: { webhooks: WebhookStore }): Handle<typeof route> =>
  async ({ caller, query, page }) => {
    const all = await webhooks.list(caller.team_id);
    const wanted = all.filter((webhook) => matches(webhook, query));
    return pageOf(wanted, page, ({ id }) => id);
  };

export const handler = serve(route, () => handle({ webhooks: createWebhookStore(liveTable()) }));
