import { keys, lists, prefixes, shards } from "../table/keys.ts";
import type { Parts, Table } from "../table/table.ts";
import { eraseConversation, type Progress, type Slice } from "./erase-conversation.ts";

/** Forbids new conversations in a channel: what counts them refuses. */
export const closeCounts = (teamId: string, botId: string, channelId: string): Parts =>
  Object.fromEntries(
    shards.map((shard) => [
      `count_${shard}`,
      {
        update: keys.conversationCount(teamId, botId, channelId, shard),
        change: { set: { erasing: true, channel_id: channelId } },
        mayCreate: true,
      },
    ]),
  );

/** Erases all conversations that the channel's list shows. */
export async function eraseConversationsOf(
  table: Table,
  teamId: string,
  botId: string,
  channelId: string,
  slice: Slice,
): Promise<Progress> {
  const pk = lists.conversations(teamId, channelId);
  let after: Readonly<Record<string, unknown>> | undefined;
  do {
    const page = await table.query({ pk, index: "listed", limit: 100, ...(after && { after }) });
    for (const row of page.items) {
      if (slice.isOver()) return "out_of_time";
      const listKey = String(row["list_sk"]);
      const conversationId = listKey.slice(listKey.indexOf("#") + 1);
      const progress = await eraseConversation(table, teamId, botId, conversationId, slice);
      if (progress === "out_of_time") return progress;
    }
    after = page.last;
  } while (after);
  return "done";
}

/** Removes the counters of a channel, or of all channels of a bot, last. */
export async function removeCounts(
  table: Table,
  teamId: string,
  botId: string,
  channelId?: string,
): Promise<void> {
  const { pk, prefix } = prefixes.conversationCounts(teamId, botId, channelId);
  await table.deleteAll(await table.queryAll({ pk, where: { begins: prefix } }));
}
