import { createBotStore } from "../bots/bot-store.ts";
import { createChannelStore } from "../channels/channel-store.ts";
import { createIntegrationStore } from "../integrations/integration-store.ts";
import { prefixes } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import { closeCounts, eraseConversationsOf, removeCounts } from "./erase-channel.ts";
import type { Progress, Slice } from "./erase-conversation.ts";

/** The channels of a bot that have counters: also those whose own rows are gone already. */
async function channelsWithCounts(table: Table, teamId: string, botId: string): Promise<string[]> {
  const { pk, prefix } = prefixes.conversationCounts(teamId, botId);
  const counts = await table.queryAll({ pk, where: { begins: prefix } });
  return [...new Set(counts.map(({ channel_id }) => String(channel_id)))];
}

/** Erases what a bot's channels hold, and the channels and integrations themselves. */
export async function eraseUnderBot(
  table: Table,
  teamId: string,
  botId: string,
  slice: Slice,
): Promise<Progress> {
  const channels = createChannelStore(table);
  for (const { id } of await channels.list(teamId, botId)) {
    await table.transact(closeCounts(teamId, botId, id));
  }
  for (const channelId of await channelsWithCounts(table, teamId, botId)) {
    const progress = await eraseConversationsOf(table, teamId, botId, channelId, slice);
    if (progress === "out_of_time") return progress;
  }
  for (const channel of await channels.list(teamId, botId)) {
    await channels.remove(teamId, channel, {});
  }
  const integrations = createIntegrationStore(table);
  for (const integration of await integrations.list(teamId, botId)) {
    await integrations.remove(teamId, integration);
  }
  return "done";
}

/** Removes the last rows of a bot, when a second look has found nothing. */
export async function removeBot(table: Table, teamId: string, botId: string): Promise<void> {
  await removeCounts(table, teamId, botId);
  await createBotStore(table).remove(teamId, botId);
}
