import { createDeliveryStore } from "#shared/deliveries/delivery-store";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { testWebhook, type TestWebhookDeps } from "#shared/webhooks/test-webhook";
import { createWebhookStore } from "#shared/webhooks/webhook-store";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

export const handle =
  (deps: TestWebhookDeps): Handle<typeof route> =>
  async ({ caller, params, mint }) => ({
    body: await testWebhook(deps, caller.team_id, params.id, mint),
  });

export const handler = serve(route, () => {
  const work = liveWork();
  const { table, clock } = work;
  return handle({
    ...work,
    webhooks: createWebhookStore(table),
    deliveries: createDeliveryStore(table, clock),
  });
});
