import type { Id } from "../runtime/ids.ts";
import { idAtEnd, keys, prefixes, under } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import type { Progress } from "../work/slice.ts";

interface Erased {
  readonly team_id: Id<"team">;
  readonly bot_id: Id<"bot">;
}

/** Erases the row of a bot: last, for the rows under it are found by it. */
export async function eraseBot(
  { table }: { readonly table: Table },
  { team_id, bot_id }: Erased,
): Promise<Progress> {
  await table.deleteAll([keys.bot(team_id, bot_id)]);
  return "done";
}

/** All bots of a team; the deleted ones too, whose own erasures may not be done. */
export async function botsToErase(
  { table }: { readonly table: Table },
  { team_id }: { readonly team_id: Id<"team"> },
): Promise<Erased[]> {
  const rows = await table.queryAll(under(prefixes.bots(team_id)));
  return rows.map(({ sk }) => ({ team_id, bot_id: idAtEnd<"bot">(sk) }));
}
