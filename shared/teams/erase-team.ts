import type { Id } from "../runtime/ids.ts";
import { keys, prefixes } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import type { Progress } from "../work/slice.ts";

/** Erases all that a team has left in its own partition: last its data key and its row, by which all else is found. */
export async function eraseTeam(
  { table }: { readonly table: Table },
  { team_id }: { readonly team_id: Id<"team"> },
): Promise<Progress> {
  const lastRows = [keys.dataKey(team_id), keys.team(team_id)];
  const last = new Set(lastRows.map(({ sk }) => sk));
  const { pk } = prefixes.ofTeam(team_id);
  const rows = await table.queryAll({ pk });
  await table.deleteAll(rows.filter(({ sk }) => !last.has(sk)));
  await table.deleteAll(lastRows);
  return "done";
}
