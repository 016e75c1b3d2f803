import type { Id } from "../runtime/ids.ts";
import { lists, timeInList } from "../table/keys.ts";
import type { Table } from "../table/table.ts";

/** When a user last wrote in a channel, ISO 8601: the place of its newest conversation in its list, which each message moves. */
export async function lastInboundAt(
  table: Table,
  teamId: Id<"team">,
  channelId: Id<"ch">,
): Promise<string | null> {
  const pk = lists.conversations(teamId, channelId);
  const { items } = await table.query({ pk, index: "listed", descending: true, limit: 1 });
  const [newest] = items;
  return newest ? timeInList(newest) : null;
}
