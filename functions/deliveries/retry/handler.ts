import { createDeliveryStore } from "#shared/deliveries/delivery-store";
import { retryDelivery, type RetryDeliveryDeps } from "#shared/deliveries/retry-delivery";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { checkReceiver } from "#shared/webhooks/active-webhook";
import { createWebhookStore } from "#shared/webhooks/webhook-store";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

export const handle =
  (deps: RetryDeliveryDeps): Handle<typeof route> =>
  async ({ caller, params, mint }) => ({
    body: await retryDelivery(deps, caller.team_id, params.id, mint.id("req")),
  });

export const handler = serve(route, () => {
  const work = liveWork();
  return handle({
    ...work,
    deliveries: createDeliveryStore(work.table, work.clock),
    checkReceiver: checkReceiver({ webhooks: createWebhookStore(work.table) }),
  });
});
