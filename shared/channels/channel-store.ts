import type { StoredBot } from "../bots/bot.ts";
import { asBot } from "../bots/bot-store.ts";
import type { Id } from "../runtime/ids.ts";
import { anotherChild, type NoChild, type Parent, whyNoChild } from "../table/another-child.ts";
import { either, equals, missing } from "../table/condition.ts";
import { keys, prefixes, under } from "../table/keys.ts";
import { rememberedBot } from "../table/remembered-bot.ts";
import type { Item, Operation, Parts, Table } from "../table/table.ts";
import { isOfPlatform, type PlatformChannel, type StoredChannel } from "./channel.ts";
import { asConnection, leavePart, leavingOf } from "./connection.ts";

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
  /**
   * Puts it if the bot made no other since it was read. `exists` when it was put before; a part of `withIt` named
   * `account` may refuse it.
   */
  insert(
    teamId: Id<"team">,
    channel: StoredChannel,
    bot: Parent,
    withIt: Parts,
  ): Promise<"inserted" | "exists" | "account_taken" | NoChild>;
  /**
   * Changes what differs from how it was read, if it still has that version: what others note in it stays. A part of
   * `withIt` named `account` may refuse it.
   */
  replace(
    teamId: Id<"team">,
    channel: StoredChannel,
    seen: StoredChannel,
    withIt: Parts,
  ): Promise<"replaced" | "account_taken" | "changed">;
  /**
   * Removes the channel if it still has the version it was read with, with its hook and its hold on an account, and has
   * a worker let go of it at its platform: wake that after the commit.
   */
  remove(
    teamId: Id<"team">,
    seen: StoredChannel,
    now: number,
    withIt: Parts,
  ): Promise<"removed" | "changed">;
}

/** A stored channel; its shape is held by `test/contract/data-model.test.ts`. */
export const asChannel = (item: Item | undefined) => item as (Item & StoredChannel) | undefined;

/** The part of a transaction that gives up a channel's account, if it has one. */
export const releaseAccount = (
  teamId: Id<"team">,
  { id, type, account }: PlatformChannel,
): Operation | undefined =>
  account
    ? {
        delete: keys.platformAccount(teamId, type, account.id),
        condition: either(missing("channel_id"), equals("channel_id", id)),
      }
    : undefined;

/** Channels over the table. */
export const createChannelStore = (table: Table): ChannelStore => {
  const botOf: ChannelStore["botOf"] = (teamId, id) =>
    rememberedBot(table, keys.channelAddress(teamId, id));

  const remove: ChannelStore["remove"] = async (teamId, seen, now, withIt) => {
    const { id, bot_id, version } = seen;
    const key = keys.connection(teamId, id);
    // Whoever changes it changes the channel's version too.
    const connection = isOfPlatform(seen) ? asConnection(await table.get(key)) : undefined;
    const condition = equals("version", version);
    const outcome = await table.transact(
      {
        channel: { delete: keys.channel(teamId, bot_id, id), condition },
        address: { delete: keys.channelAddress(teamId, id) },
        ...(isOfPlatform(seen) && {
          hook: { delete: keys.hook(id) },
          held_account: releaseAccount(teamId, seen),
          connection: leavePart(
            teamId,
            seen,
            [leavingOf(seen), ...(connection?.leaving ?? [])],
            now,
          ),
        }),
      },
      withIt,
    );
    if (outcome.applied) return "removed";
    // Another channel has taken it since the bot was deleted.
    return isOfPlatform(seen) && outcome.failed.held_account
      ? remove(teamId, { ...seen, account: null }, now, withIt)
      : "changed";
  };

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
      const rows = await table.queryAll(under(prefixes.channels(teamId, botId)));
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
      if (outcome.applied) return "inserted";
      const { failed } = outcome;
      if (failed.bot) return whyNoChild(failed.bot);
      return failed.channel ? "exists" : "account_taken";
    },

    replace: async (teamId, channel, seen, withIt) => {
      const before = new Map(Object.entries(seen));
      const differing = Object.entries(channel).filter(([name, is]) => is !== before.get(name));
      const set = Object.fromEntries(differing.filter(([, is]) => is !== undefined));
      const remove = differing.filter(([, is]) => is === undefined).map(([name]) => name);
      const outcome = await table.transact(
        {
          channel: {
            update: keys.channel(teamId, channel.bot_id, channel.id),
            change: { set, remove },
            condition: equals("version", seen.version),
          },
        },
        withIt,
      );
      if (outcome.applied) return "replaced";
      return outcome.failed.channel ? "changed" : "account_taken";
    },

    remove,
  };
};
