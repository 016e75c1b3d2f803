import { ApiError, notFound } from "../errors/api-error.ts";
import type { Queues } from "../queue/queues.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { overChanges } from "../table/over-changes.ts";
import { wake } from "../work/wake.ts";
import type { Delivery, StoredDelivery } from "./delivery.ts";
import { type DeliveryStore, shownDelivery } from "./delivery-store.ts";

/** Has a delivery tried at once, one that failed for good too. A repeat of the request asks no second time. */
export async function retryDelivery(
  deps: RetryDeliveryDeps,
  teamId: Id<"team">,
  id: Id<"dlv">,
  retryId: Id<"req">,
): Promise<Delivery> {
  return overChanges(["delivery", id], async () => {
    const seen = await deps.deliveries.find(teamId, id);
    if (!seen) throw notFound();
    if (seen.retry_id === retryId) return shownDelivery(seen);
    if (seen.status === "succeeded") {
      throw new ApiError("conflict", "The delivery has succeeded; nothing is left to retry.");
    }
    await deps.checkReceiver(teamId, seen);
    const now = deps.clock();
    const armed = await deps.deliveries.rearm(teamId, seen, retryId, now);
    if (!armed) return undefined;
    await wake(deps, { kind: "delivery", team_id: teamId, delivery_id: id }, now);
    return shownDelivery(armed);
  });
}

export interface RetryDeliveryDeps {
  readonly deliveries: DeliveryStore;
  readonly queues: Queues;
  readonly clock: Clock;
  /** Throws a 409 that says why when the delivery has nowhere to go any more; answered by the noun that put it. */
  readonly checkReceiver: (teamId: Id<"team">, delivery: StoredDelivery) => Promise<void>;
}
