import { createHash } from "node:crypto";
import { type Id, idFrom } from "#shared/runtime/ids";
import type { IdPrefix } from "#shared/runtime/nouns";
import type { Key } from "#shared/table/keys";
import type { Item } from "#shared/table/table";
import type { TableAccess } from "./table-access.ts";

/** Where the made-up history begins; what is in it stands a second apart. */
const begin = Date.parse("2026-01-01T00:00:00.000Z");

/** When the thing with this number happened. */
export const timeOf = (index: number): string => new Date(begin + index * 1_000).toISOString();

const idOf =
  <P extends IdPrefix>(prefix: P) =>
  (parent: Id, index: number): Id<P> => {
    const digest = createHash("sha256").update(`${parent}${index}`).digest();
    return idFrom(prefix, begin + index * 1_000, digest);
  };

/** The ids of what is made up in a parent, by their numbers. */
export const conversationIdOf = idOf("conv");
export const messageIdOf = idOf("msg");
export const executionIdOf = idOf("exec");

/** A row that is the pattern of others. Throws when it is not there. */
export async function row(access: TableAccess, key: Key): Promise<Item> {
  const found = await access.table.get(key);
  if (!found) throw new Error(`There is no row ${key.pk} ${key.sk}.`);
  return found;
}
