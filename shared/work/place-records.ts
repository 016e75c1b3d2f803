import type { QueueName } from "../runtime/grants.ts";
import { atMost, either, equals, missing } from "../table/condition.ts";
import { keys, placeNumber, prefixes, under } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import type { PlaceRecord } from "./places.ts";

/** The table removes the row of a place that nobody has taken for so long. */
const forgottenAfterMs = 86_400_000;

/** Whose places they are: those of a worker, by its queue, or those of requests that wait. */
export type PlacePool = QueueName | "waits";

/** Places in the table, for functions that share nothing else. */
export const placesInTable = (table: Table, pool: PlacePool): PlaceRecord => ({
  taken: async (now) => {
    const rows = await table.queryAll({ ...under(prefixes.places(pool)), consistent: false });
    const taken = rows.filter(({ until }) => Number(until) > now);
    return new Set(taken.map(placeNumber));
  },

  take: async (number, token, now, until) => {
    const remove_at = Math.ceil((until + forgottenAfterMs) / 1_000);
    const outcome = await table.put(
      { ...keys.place(pool, number), token, until, remove_at },
      // A call whose answer was lost is made again, and then meets its own row.
      either(missing("until"), atMost("until", now), equals("token", token)),
    );
    return outcome.applied;
  },

  keep: async (number, token, until) => {
    await table.update(keys.place(pool, number), { set: { until } }, equals("token", token));
  },

  giveBack: async (number, token) => {
    // Without the token: a keep that comes late finds it nobody's.
    const nobodys = { remove: ["token", "until"] };
    await table.update(keys.place(pool, number), nobodys, equals("token", token));
  },
});

/** Places in this process, for a pool all of whose functions run here. */
export function placesInMemory(): PlaceRecord {
  const held = new Map<number, { readonly token: string; readonly until: number }>();
  return {
    taken: async (now) =>
      new Set([...held].flatMap(([number, { until }]) => (until > now ? [number] : []))),

    take: async (number, token, now, until) => {
      const holder = held.get(number);
      if (holder && holder.until > now && holder.token !== token) return false;
      held.set(number, { token, until });
      return true;
    },

    keep: async (number, token, until) => {
      if (held.get(number)?.token === token) held.set(number, { token, until });
    },

    giveBack: async (number, token) => {
      if (held.get(number)?.token === token) held.delete(number);
    },
  };
}
