import { BoundedMap } from "../runtime/bounded-map.ts";
import type { Id } from "../runtime/ids.ts";
import { type Key, namedIn } from "./keys.ts";
import type { Table } from "./table.ts";

const remembered = new WeakMap<Table, BoundedMap<string, Id<"bot">>>();

/**
 * The bot that an address names. An address never changes, so this process remembers it; what it leads to may have
 * been deleted since, and the row itself tells.
 */
export async function rememberedBot(table: Table, address: Key): Promise<Id<"bot"> | undefined> {
  const bots = remembered.get(table) ?? new BoundedMap<string, Id<"bot">>(10_000);
  remembered.set(table, bots);
  const name = `${address.pk}\n${address.sk}`;
  const known = bots.get(name);
  if (known !== undefined) return known;
  const row = await table.get(address);
  if (!row) return undefined;
  const { bot_id: botId } = namedIn(row);
  bots.set(name, botId);
  return botId;
}
