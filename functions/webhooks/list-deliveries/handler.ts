import { createDeliveryStore } from "#shared/deliveries/delivery-store";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { systemClock } from "#shared/runtime/clock";
import { liveTable } from "#shared/table/live-table";
import { listDeliveries, type ListDeliveriesDeps } from "#shared/webhooks/list-deliveries";
import { createWebhookStore } from "#shared/webhooks/webhook-store";
import { route } from "./route.ts";

export const handle =
  (deps: ListDeliveriesDeps): Handle<typeof route> =>
  ({ caller, params, query, page }) =>
    listDeliveries(deps, caller.team_id, params.id, query, page);

export const handler = serve(route, () =>
  handle({
    deliveries: createDeliveryStore(liveTable(), systemClock),
    webhooks: createWebhookStore(liveTable()),
    clock: systemClock,
  }),
);
