import type { Id } from "#shared/runtime/ids";
import { prefixes } from "#shared/table/keys";
import type { Item } from "#shared/table/table";
import { allRows } from "./all-rows.ts";

/** What is counted, by name. */
export type Counts = Readonly<Record<string, number>>;

/** What is counted of each integration of a bot, and under `none`, over all days. */
export async function figuresOf(
  teamId: Id<"team">,
  botId: Id<"bot">,
): Promise<Readonly<Record<string, Counts>>> {
  const rows = await allRows(prefixes.figures(teamId, botId, 0).pk.slice(0, -1));
  return summed(rows, ({ sk }) => sk.split("#")[1] ?? "");
}

/** What is counted of a team, by day. */
export async function usageOf(teamId: Id<"team">): Promise<Readonly<Record<string, Counts>>> {
  return summed(await allRows(prefixes.usage(teamId, 0).pk.slice(0, -1)), ({ sk }) => sk);
}

function summed(rows: readonly Item[], by: (row: Item) => string) {
  const sums: Record<string, Record<string, number>> = {};
  for (const row of rows) {
    const { pk: _, sk: __, remove_at: ___, ...counts } = row;
    const sum = (sums[by(row)] ??= {});
    for (const [name, count] of Object.entries(counts)) {
      sum[name] = (sum[name] ?? 0) + Number(count);
    }
  }
  return sums;
}
