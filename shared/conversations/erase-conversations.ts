import { createChannelStore } from "../channels/channel-store.ts";
import type { EraseFilesDeps } from "../files/erase-files.ts";
import type { Id } from "../runtime/ids.ts";
import { idAtEnd, keys, lists, namedIn, prefixes, under } from "../table/keys.ts";
import { shards } from "../table/shards.ts";
import type { Parts, Table } from "../table/table.ts";
import { deleteRows, type Progress, type Slice } from "../work/slice.ts";
import { eraseConversation } from "./erase-conversation.ts";

/** Erases all conversations that the channel's list shows, and by which ids it knows chats and users. */
export async function eraseConversationsOfChannel(
  deps: EraseFilesDeps,
  { team_id, bot_id, channel_id }: OfBot & { readonly channel_id: Id<"ch"> },
  slice: Slice,
): Promise<Progress> {
  const pk = lists.conversations(team_id, channel_id);
  for await (const page of deps.table.queryPages({ pk, index: "listed", limit: 100 })) {
    for (const row of page) {
      if (slice.isOver()) return "out_of_time";
      const conversation_id = idAtEnd<"conv">(String(row["list_sk"]));
      const progress = await eraseConversation(deps, { team_id, bot_id, conversation_id }, slice);
      if (progress === "out_of_time") return progress;
    }
  }
  // The ids of its chats and users: on some platforms one row for each user there is.
  return deleteRows(deps.table, prefixes.aliases(team_id, channel_id), slice);
}

/** Forbids new conversations in all channels of a bot, and erases those that there are. */
export async function eraseConversationsOfBot(
  deps: EraseFilesDeps,
  of: OfBot,
  slice: Slice,
): Promise<Progress> {
  const { team_id, bot_id } = of;
  for (const { id } of await createChannelStore(deps.table).list(team_id, bot_id)) {
    await deps.table.transact(closeCounts(team_id, bot_id, id));
  }
  // Channels whose own rows are gone already have counters still.
  const channelIds = (await countsOf(deps.table, of)).map((row) => namedIn(row).channel_id);
  for (const channel_id of new Set(channelIds)) {
    const progress = await eraseConversationsOfChannel(deps, { ...of, channel_id }, slice);
    if (progress === "out_of_time") return progress;
  }
  return "done";
}

/** Forbids new conversations in a channel: what counts them refuses. */
export const closeCounts = (teamId: Id<"team">, botId: Id<"bot">, channelId: Id<"ch">): Parts =>
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

/** Erases the counters of a channel, or of all channels of a bot: last, for they forbid new conversations. */
export async function eraseConversationCounts(
  { table }: { readonly table: Table },
  of: OfBot & { readonly channel_id?: Id<"ch"> },
): Promise<Progress> {
  await table.deleteAll(await countsOf(table, of));
  return "done";
}

interface OfBot {
  readonly team_id: Id<"team">;
  readonly bot_id: Id<"bot">;
}

function countsOf(
  table: Table,
  { team_id, bot_id, channel_id }: OfBot & { readonly channel_id?: Id<"ch"> },
) {
  return table.queryAll(under(prefixes.conversationCounts(team_id, bot_id, channel_id)));
}
