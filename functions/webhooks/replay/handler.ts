import { createDeliveryStore } from "#shared/deliveries/delivery-store";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { replayDeliveries, type ReplayDeliveriesDeps } from "#shared/webhooks/replay-deliveries";
import { createWebhookStore } from "#shared/webhooks/webhook-store";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

export const handle =
  (deps: ReplayDeliveriesDeps): Handle<typeof route> =>
  async ({ caller, params, body, mint }) => ({
    body: await replayDeliveries(deps, caller.team_id, params.id, body, mint),
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
