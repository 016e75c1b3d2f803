import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { allowsPrivateUrls } from "#shared/outbound/allows-private-urls";
import { liveTable } from "#shared/table/live-table";
import { updateWebhook, type UpdateWebhookDeps } from "#shared/webhooks/update-webhook";
import { createWebhookStore } from "#shared/webhooks/webhook-store";
import { route } from "./route.ts";

export const handle =
  (deps: UpdateWebhookDeps): Handle<typeof route> =>
  async ({ caller, params, body, mint }) => ({
    body: await updateWebhook(deps, caller, params.id, body, mint),
  });

export const handler = serve(route, () =>
  handle({ webhooks: createWebhookStore(liveTable()), allowPrivate: allowsPrivateUrls }),
);
