import { ApiError, notFound } from "../errors/api-error.ts";
import type { Queues } from "../queue/queues.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { wake } from "../work/wake.ts";
import type { Delivery } from "./delivery.ts";
import { type DeliveryStore, shownDelivery } from "./delivery-store.ts";

/** What retrying needs. */
export interface RetryDeliveryDeps {
  readonly deliveries: DeliveryStore;
  readonly queues: Queues;
  readonly clock: Clock;
}

/** Has a delivery tried at once, one that failed for good too. A repeat of the request asks no second time. */
export async function retryDelivery(
  deps: RetryDeliveryDeps,
  teamId: Id<"team">,
  id: Id<"dlv">,
  retryId: Id<"req">,
): Promise<Delivery> {
  for (let attempt = 1; attempt <= 5; attempt++) {
    const seen = await deps.deliveries.find(teamId, id);
    if (!seen) throw notFound();
    if (seen.retry_id === retryId) return shownDelivery(seen);
    if (seen.status === "succeeded") {
      throw new ApiError("conflict", "The delivery has succeeded; nothing is left to retry.");
    }
    const now = deps.clock();
    const armed = await deps.deliveries.rearm(teamId, seen, retryId, now);
    if (armed) {
      await wake(deps, { kind: "delivery", team_id: teamId, delivery_id: id }, now);
      return shownDelivery(armed);
    }
  }
  throw new ApiError("service_unavailable", "The delivery is being attempted. Repeat this.", {
    retryAfterSeconds: 1,
  });
}
