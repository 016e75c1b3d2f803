import type { StoredBot } from "../bots/bot.ts";
import { asBot } from "../bots/bot-store.ts";
import type { Id } from "../runtime/ids.ts";
import { anotherChild, type NoChild, type Parent, whyNoChild } from "../table/another-child.ts";
import { equals } from "../table/condition.ts";
import { keys, prefixes } from "../table/keys.ts";
import { rememberedBot } from "../table/remembered-bot.ts";
import type { Item, Parts, Table } from "../table/table.ts";
import type { StoredChannel } from "./channel.ts";

/** Channels of one team at a time. Those under a deleted bot are not there. */
export interface ChannelStore {
  /** The bot of a channel that may since have been deleted; it never changes, so it is remembered. */
  botOf(teamId: Id<"team">, id: Id<"ch">): Promise<Id<"bot"> | undefined>;
  find(
    teamId: Id<"team">,
    id: Id<"ch">,
  ): Promise<{ channel: StoredChannel; bot: StoredBot } | undefined>;
  /** All of a bot, oldest first. */
  list(teamId: Id<"team">, botId: Id<"bot">): Promise<StoredChannel[]>;
  /** Puts it if the bot made no other since it was read. Repeating it is success. */
  insert(
    teamId: Id<"team">,
    channel: StoredChannel,
    bot: Parent,
    withIt: Parts,
  ): Promise<"inserted" | NoChild>;
  replace(
    teamId: Id<"team">,
    channel: StoredChannel,
    seenVersion: number,
    withIt: Parts,
  ): Promise<"replaced" | "changed">;
  /**
   * Removes the channel if it still has the version it was read with, and puts with it the job that erases its
   * conversations.
   */
  remove(
    teamId: Id<"team">,
    seen: Pick<StoredChannel, "id" | "bot_id" | "version">,
    withIt: Parts,
  ): Promise<"removed" | "changed">;
}

/** A stored channel; its shape is held by `test/contract/data-model.test.ts`. */
export const asChannel = (item: Item | undefined) => item as (Item & StoredChannel) | undefined;

/** Channels over the table. */
export const createChannelStore = (table: Table): ChannelStore => {
  const botOf: ChannelStore["botOf"] = (teamId, id) =>
    rememberedBot(table, keys.channelAddress(teamId, id));

  return {
    botOf,

    find: async (teamId, id) => {
      const botId = await botOf(teamId, id);
      if (botId === undefined) return undefined;
      const [row, botRow] = await table.batchGet([
        keys.channel(teamId, botId, id),
        keys.bot(teamId, botId),
      ]);
      const channel = asChannel(row);
      const bot = asBot(botRow);
      return channel && bot && { channel, bot };
    },

    list: async (teamId, botId) => {
      const { pk, prefix } = prefixes.channels(teamId, botId);
      const rows = await table.queryAll({ pk, where: { begins: prefix } });
      return rows.flatMap((row) => asChannel(row) ?? []);
    },

    insert: async (teamId, channel, bot, withIt) => {
      const { id, bot_id } = channel;
      const outcome = await table.transact(
        {
          bot: anotherChild(keys.bot(teamId, bot_id), bot),
          address: { putIfAbsent: { ...keys.channelAddress(teamId, id), bot_id } },
          channel: { putIfAbsent: { ...channel, ...keys.channel(teamId, bot_id, id) } },
        },
        withIt,
      );
      return !outcome.applied && outcome.failed.bot ? whyNoChild(outcome.failed.bot) : "inserted";
    },

    replace: async (teamId, channel, seenVersion, withIt) => {
      const put = { ...channel, ...keys.channel(teamId, channel.bot_id, channel.id) };
      const condition = equals("version", seenVersion);
      const outcome = await table.transact({ channel: { put, condition } }, withIt);
      return outcome.applied ? "replaced" : "changed";
    },

    remove: async (teamId, { id, bot_id, version }, withIt) => {
      const condition = equals("version", version);
      const outcome = await table.transact(
        {
          channel: { delete: keys.channel(teamId, bot_id, id), condition },
          address: { delete: keys.channelAddress(teamId, id) },
        },
        withIt,
      );
      return outcome.applied ? "removed" : "changed";
    },
  };
};
