import type { Id } from "../runtime/ids.ts";
import { equals } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import { longText, longTextOf } from "../table/long-text.ts";
import type { Item, Table } from "../table/table.ts";
import { asDelivery, withoutAnswer } from "./delivery-store.ts";

/** Takes what a person said out of events of one team at a time. Ids without an event are passed over. */
export interface EventStore {
  /** Erases bodies, and what receivers answered to them. A delivery that is still to go fails then. */
  erase(teamId: Id<"team">, ids: readonly Id<"evt">[]): Promise<void>;
  /** Rewrites bodies where `change` gives another one, and erases what receivers answered to those. */
  rewrite(
    teamId: Id<"team">,
    ids: readonly Id<"evt">[],
    change: (body: string) => string | undefined,
  ): Promise<void>;
}

/** An event as it is stored, beside its body; its shape is held by `test/contract/data-model.test.ts`. */
export interface StoredEvent {
  readonly id: Id<"evt">;
  /** Those that tell of it. Events from before this was written down tell of no person. */
  readonly delivery_ids?: readonly Id<"dlv">[];
  readonly remove_at: number;
}

/** Rows of events are written by this folder alone. */
const asEvent = (item: Item) => item as Item & StoredEvent;

/** Events over the table. */
export function createEventStore(table: Table): EventStore {
  const read = async (teamId: Id<"team">, ids: readonly Id<"evt">[]) => {
    if (ids.length === 0) return [];
    const rows = await table.batchGet(ids.map((id) => keys.event(teamId, id)));
    return rows.flatMap((row) => (row ? [asEvent(row)] : []));
  };

  /** Erases the answers of a delivery, also one that is on its way: `record` keeps none any more. */
  async function forgetAnswers(teamId: Id<"team">, id: Id<"dlv">): Promise<void> {
    const key = keys.delivery(teamId, id);
    const delivery = asDelivery(await table.get(key));
    if (!delivery) return;
    const { applied } = await table.update(
      key,
      { set: { erased: true, attempts: delivery.attempts.map(withoutAnswer) } },
      equals("attempt_count", delivery.attempt_count),
    );
    // Another attempt was recorded in between.
    if (!applied) await forgetAnswers(teamId, id);
  }

  return {
    erase: async (teamId, ids) => {
      const events = await read(teamId, ids);
      for (const { delivery_ids = [] } of events) {
        for (const id of delivery_ids) await forgetAnswers(teamId, id);
      }
      // Last, for a repeat finds the deliveries by it.
      await table.deleteAll(events);
    },

    rewrite: async (teamId, ids, change) => {
      for (const event of await read(teamId, ids)) {
        const body = change(longTextOf(event, "body") ?? "");
        if (body === undefined) continue;
        for (const id of event.delivery_ids ?? []) await forgetAnswers(teamId, id);
        const text = longText("body", body);
        const gone = ["body", "body_packed"].filter((name) => !(name in text));
        await table.update(keys.event(teamId, event.id), { set: text, remove: gone });
      }
    },
  };
}
