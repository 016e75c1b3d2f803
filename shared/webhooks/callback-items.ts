import { isoTime } from "../runtime/clock.ts";
import { keys } from "../table/keys.ts";
import type { Item } from "../table/table.ts";
import { armed } from "../work/work-item.ts";
import type { CallbackTarget, StoredDelivery } from "./delivery.ts";

const keptSeconds = 30 * 24 * 60 * 60;

/** The rows that send a callback: its body as an event of its own, and the delivery, armed for now. */
export function callbackItems(
  teamId: string,
  ids: { readonly event_id: string; readonly delivery_id: string },
  callback: CallbackTarget,
  body: string,
  now: number,
): [event: Item, delivery: Item] {
  const at = isoTime(now);
  const remove_at = Math.floor(now / 1000) + keptSeconds;
  const key = keys.delivery(teamId, ids.delivery_id);
  const delivery: StoredDelivery = {
    id: ids.delivery_id,
    webhook_id: null,
    event_id: ids.event_id,
    event_type: "agent_loop.completed",
    url: callback.url,
    status: "pending",
    error: null,
    attempt_count: 0,
    attempts: [],
    callback,
    claims: 0,
    sweeps: 0,
    remove_at,
    created_at: at,
    updated_at: at,
    ...armed(key, now, now),
  };
  return [
    { ...keys.event(teamId, ids.event_id), id: ids.event_id, body, remove_at },
    { ...delivery, ...key },
  ];
}
