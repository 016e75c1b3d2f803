import {
  createDeliveryStore,
  type DeliveryStore,
  shownDelivery,
} from "#shared/deliveries/delivery-store";
import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { systemClock } from "#shared/runtime/clock";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  ({ deliveries }: { deliveries: DeliveryStore }): Handle<typeof route> =>
  async ({ caller: { team_id }, params, query }) => {
    const found = await deliveries.find(team_id, params.id);
    if (!found) throw notFound();
    const shown = shownDelivery(found);
    if (query.include !== "body") return { body: shown };
    return { body: { ...shown, body: (await deliveries.body(team_id, found.event_id)) ?? null } };
  };

export const handler = serve(route, () =>
  handle({ deliveries: createDeliveryStore(liveTable(), systemClock) }),
);
