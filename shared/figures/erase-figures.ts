import type { Id } from "../runtime/ids.ts";
import { prefixes, type Rows } from "../table/keys.ts";
import { figureShards } from "../table/shards.ts";
import type { Table } from "../table/table.ts";
import { deleteRows, type Progress, type Slice } from "../work/slice.ts";

/** Erases what was counted of the integrations of a bot. */
export const eraseFiguresOfBot = (
  { table }: EraseFiguresDeps,
  { team_id, bot_id }: { readonly team_id: Id<"team">; readonly bot_id: Id<"bot"> },
  slice: Slice,
): Promise<Progress> =>
  eraseShards(table, (shard) => prefixes.figures(team_id, bot_id, shard), slice);

/** Erases what was counted of a team. */
export const eraseUsageOfTeam = (
  { table }: EraseFiguresDeps,
  { team_id }: { readonly team_id: Id<"team"> },
  slice: Slice,
): Promise<Progress> => eraseShards(table, (shard) => prefixes.usage(team_id, shard), slice);

interface EraseFiguresDeps {
  readonly table: Table;
}

async function eraseShards(
  table: Table,
  rowsOf: (shard: number) => Rows,
  slice: Slice,
): Promise<Progress> {
  for (const shard of figureShards) {
    const progress = await deleteRows(table, rowsOf(shard), slice);
    if (progress === "out_of_time") return progress;
  }
  return "done";
}
