import type { StoredBot } from "../bots/bot.ts";
import { asBot } from "../bots/bot-store.ts";
import type { Id } from "../runtime/ids.ts";
import { anotherChild, type NoChild, type Parent, whyNoChild } from "../table/another-child.ts";
import { equals } from "../table/condition.ts";
import { keys, prefixes, under } from "../table/keys.ts";
import { rememberedBot } from "../table/remembered-bot.ts";
import type { Item, Parts, Table } from "../table/table.ts";
import { answerUpdate } from "./health.ts";
import type { StoredIntegration } from "./integration.ts";

/** Who is always outrun leaves it to the next answer. */
const mostTries = 3;

/** Integrations of one team at a time. Those under a deleted bot are not there. */
export interface IntegrationStore {
  /** By id alone: its address, then bot and row in one read. */
  find(
    teamId: Id<"team">,
    id: Id<"int">,
  ): Promise<{ integration: StoredIntegration; bot: StoredBot } | undefined>;
  /** All of a bot, oldest first. */
  list(teamId: Id<"team">, botId: Id<"bot">): Promise<StoredIntegration[]>;
  /** Puts it if the bot made no other since it was read. Repeating it is success. */
  insert(
    teamId: Id<"team">,
    integration: StoredIntegration,
    bot: Parent,
    withIt: Parts,
  ): Promise<"inserted" | NoChild>;
  /**
   * Replaces what its team sets, if it still has the version that was seen; what workers write into the row meanwhile stays.
   * Of `health` another one is written.
   */
  replace(
    teamId: Id<"team">,
    integration: StoredIntegration,
    seen: StoredIntegration,
    withIt: Parts,
  ): Promise<"replaced" | "changed">;
  /** Removes the integration if it still has the version it was read with. */
  remove(
    teamId: Id<"team">,
    seen: StoredIntegration,
    withIt: Parts,
  ): Promise<"removed" | "changed">;
  /** Notes that an integration answered, if it was seen to fail. Others who write the same at once may keep it from that. */
  noteAnswer(teamId: Id<"team">, asked: StoredIntegration, now: number): Promise<void>;
  /** Remembers until when a model takes which files not, if the integration is still the one that was asked. */
  setRefuses(
    teamId: Id<"team">,
    asked: Pick<StoredIntegration, "id" | "bot_id" | "version">,
    refuses_until: NonNullable<StoredIntegration["refuses_until"]>,
  ): Promise<void>;
}

/** The two rows of an integration. */
export const integrationItems = (
  teamId: Id<"team">,
  integration: StoredIntegration,
): [address: Item, row: Item] => [
  { ...keys.integrationAddress(teamId, integration.id), bot_id: integration.bot_id },
  { ...integration, ...keys.integration(teamId, integration.bot_id, integration.id) },
];

/** A stored integration; its shape is held by `test/contract/data-model.test.ts`. */
export const asIntegration = (item: Item | undefined) =>
  item as (Item & StoredIntegration) | undefined;

/** Integrations over the table. */
export const createIntegrationStore = (table: Table): IntegrationStore => ({
  find: async (teamId, id) => {
    const botId = await rememberedBot(table, keys.integrationAddress(teamId, id));
    if (botId === undefined) return undefined;
    const [row, botRow] = await table.batchGet([
      keys.integration(teamId, botId, id),
      keys.bot(teamId, botId),
    ]);
    const bot = asBot(botRow);
    const integration = asIntegration(row);
    return integration && bot && { integration, bot };
  },

  list: async (teamId, botId) => {
    const rows = await table.queryAll(under(prefixes.integrations(teamId, botId)));
    return rows.flatMap((row) => asIntegration(row) ?? []);
  },

  insert: async (teamId, integration, bot, withIt) => {
    const [address, row] = integrationItems(teamId, integration);
    const outcome = await table.transact(
      {
        bot: anotherChild(keys.bot(teamId, integration.bot_id), bot),
        address: { putIfAbsent: address },
        integration: { putIfAbsent: row },
      },
      withIt,
    );
    return !outcome.applied && outcome.failed.bot ? whyNoChild(outcome.failed.bot) : "inserted";
  },

  replace: async (teamId, integration, seen, withIt) => {
    const { name, url, headers, timeout_seconds, weight, fallback, status } = integration;
    const { model, settings } = integration;
    const { signing_secret, previous_secrets, rotation_id, version, updated_at } = integration;
    const { weighed_at } = integration;
    const receiver = { url, model, settings, headers, timeout_seconds };
    const set = { name, ...receiver, weight, fallback, status, weighed_at };
    const signer = { signing_secret, previous_secrets, rotation_id };
    const health = integration.health === seen.health ? {} : { health: integration.health };
    const outcome = await table.transact(
      {
        integration: {
          update: keys.integration(teamId, integration.bot_id, integration.id),
          change: {
            set: { ...set, ...signer, ...health, version, updated_at },
            // Of another model it would say nothing.
            ...(!integration.refuses_until && { remove: ["refuses_until"] }),
          },
          condition: equals("version", seen.version),
        },
      },
      withIt,
    );
    return outcome.applied ? "replaced" : "changed";
  },

  remove: async (teamId, { id, bot_id, version }, withIt) => {
    const condition = equals("version", version);
    const outcome = await table.transact(
      {
        integration: { delete: keys.integration(teamId, bot_id, id), condition },
        address: { delete: keys.integrationAddress(teamId, id) },
      },
      withIt,
    );
    return outcome.applied ? "removed" : "changed";
  },

  noteAnswer: async (teamId, asked, now) => {
    let seen: StoredIntegration | undefined = asked;
    for (let tried = 0; tried < mostTries; tried++) {
      const update = answerUpdate(asked, seen, now);
      if (!update) return;
      const key = keys.integration(teamId, asked.bot_id, asked.id);
      const outcome = await table.update(key, update.change, update.condition);
      if (outcome.applied) return;
      seen = asIntegration(outcome.item);
    }
  },

  setRefuses: async (teamId, { id, bot_id, version }, refuses_until) => {
    const key = keys.integration(teamId, bot_id, id);
    await table.update(key, { set: { refuses_until } }, equals("version", version));
  },
});
