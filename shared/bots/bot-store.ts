import type { Id } from "../runtime/ids.ts";
import { anotherChild, type NoChild, type Parent, whyNoChild } from "../table/another-child.ts";
import { all, equals, missing } from "../table/condition.ts";
import { type Key, keys, prefixes, under } from "../table/keys.ts";
import type { Item, Parts, Table } from "../table/table.ts";
import type { Target } from "../work/pace.ts";
import type { StoredBot } from "./bot.ts";

/** Bots of one team at a time. Bots that are being erased are not there. */
export interface BotStore {
  find(teamId: Id<"team">, botId: Id<"bot">): Promise<StoredBot | undefined>;
  list(teamId: Id<"team">): Promise<StoredBot[]>;
  /** Puts the bot with what is born with it, if the team made no other since it was read. Repeating it is success. */
  insert(
    teamId: Id<"team">,
    bot: StoredBot,
    team: Parent,
    withIt: Parts,
  ): Promise<"inserted" | NoChild>;
  /** Replaces the bot if it still has the version it was read with. */
  replace(
    teamId: Id<"team">,
    bot: StoredBot,
    seenVersion: number,
    withIt: Parts,
  ): Promise<"replaced" | "changed">;
  /**
   * Hides the bot and everything under it, if it still has the version it was read with, and puts with it the job that
   * erases it.
   */
  markDeleted(
    teamId: Id<"team">,
    seen: StoredBot,
    at: string,
    withIt: Parts,
  ): Promise<"marked" | "changed">;
}

/** A stored bot, undefined for one that is being erased; its shape is held by `test/contract/data-model.test.ts`. */
export const asBot = (item: Item | undefined): StoredBot | undefined => {
  const bot = item as (Item & StoredBot) | undefined;
  if (!bot || bot.deleted_at !== undefined) return undefined;
  const { settings } = bot;
  // Bots from before messages were collected do not say so.
  const conversation = {
    ...settings.conversation,
    collect_ms: settings.conversation.collect_ms ?? 0,
  };
  // Nor do those from before conversations could stay with a backend.
  const { routing = { sticky: null } } = settings as Partial<typeof settings>;
  return { ...bot, settings: { ...settings, conversation, routing } };
};

/** A bot's backends, as its row remembers them. */
export const backendsOf = (teamId: Id<"team">, { id, slow_until }: StoredBot): Target => ({
  key: keys.bot(teamId, id),
  field: "slow_until",
  slow_until,
});

const itemOf = (key: Key, bot: StoredBot): Item => ({ ...bot, ...key });

/** Bots over the table. */
export const createBotStore = (table: Table): BotStore => ({
  find: async (teamId, botId) => asBot(await table.get(keys.bot(teamId, botId))),

  list: async (teamId) => {
    const rows = await table.queryAll({ ...under(prefixes.bots(teamId)), descending: true });
    return rows.flatMap((row) => asBot(row) ?? []);
  },

  insert: async (teamId, bot, team, withIt) => {
    const row = itemOf(keys.bot(teamId, bot.id), bot);
    const outcome = await table.transact(
      { bot: { putIfAbsent: row }, team: anotherChild(keys.team(teamId), team) },
      withIt,
    );
    // A repeat of the request makes the same ids: what is there already is this bot.
    if (outcome.applied || outcome.failed.bot) return "inserted";
    if (outcome.failed.team) return whyNoChild(outcome.failed.team);
    throw new Error(`An id under ${bot.id} was made twice.`);
  },

  replace: async (teamId, bot, seenVersion, withIt) => {
    const { name, description, status, settings, version, updated_at } = bot;
    const outcome = await table.transact(
      {
        bot: {
          update: keys.bot(teamId, bot.id),
          // What others write into the row meanwhile stays.
          change: { set: { name, description, status, settings, version, updated_at } },
          condition: isAsSeen(seenVersion),
        },
      },
      withIt,
    );
    return outcome.applied ? "replaced" : "changed";
  },

  markDeleted: async (teamId, { id, version }, at, withIt) => {
    const outcome = await table.transact(
      {
        bot: {
          update: keys.bot(teamId, id),
          change: { set: { deleted_at: at } },
          condition: isAsSeen(version),
        },
      },
      withIt,
    );
    return outcome.applied ? "marked" : "changed";
  },
});

const isAsSeen = (version: number) => all(equals("version", version), missing("deleted_at"));
