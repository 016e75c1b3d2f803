import type { Id } from "../runtime/ids.ts";
import { anotherChild, type NoChild, type Parent, whyNoChild } from "../table/another-child.ts";
import { equals } from "../table/condition.ts";
import { keys, prefixes, under } from "../table/keys.ts";
import type { Item, Parts, Table } from "../table/table.ts";
import type { EventType } from "./event-type.ts";
import type { StoredWebhook } from "./webhook.ts";

/** The webhook endpoints of one team at a time. */
export interface WebhookStore {
  find(teamId: Id<"team">, id: Id<"wh">): Promise<StoredWebhook | undefined>;
  /** All of a team, newest first. */
  list(teamId: Id<"team">): Promise<StoredWebhook[]>;
  /** Puts it if the team made nothing else since it was read. Repeating it is success. `withIt` joins each transaction. */
  insert(
    teamId: Id<"team">,
    webhook: StoredWebhook,
    team: Parent,
    withIt: Parts,
  ): Promise<"inserted" | NoChild>;
  /**
   * Replaces what its team sets, if it still has the version that was seen; what workers write into the row meanwhile stays.
   * `failing` can only be forgotten.
   */
  replace(
    teamId: Id<"team">,
    webhook: StoredWebhook,
    seen: StoredWebhook,
    withIt: Parts,
  ): Promise<"replaced" | "changed">;
  /** Deletes it if it still has the version it was read with. */
  remove(teamId: Id<"team">, webhook: StoredWebhook, withIt: Parts): Promise<"removed" | "changed">;
}

/** A stored endpoint; its shape is held by `test/contract/data-model.test.ts`. */
const asWebhook = (item: Item | undefined) => item as (Item & StoredWebhook) | undefined;

/** Webhook endpoints over the table. */
export const createWebhookStore = (table: Table): WebhookStore => ({
  find: async (teamId, id) => asWebhook(await table.get(keys.webhook(teamId, id))),

  list: async (teamId) => {
    const rows = await table.queryAll({ ...under(prefixes.webhooks(teamId)), descending: true });
    return rows.flatMap((row) => asWebhook(row) ?? []);
  },

  insert: async (teamId, webhook, team, withIt) => {
    const outcome = await table.transact(
      {
        team: anotherChild(keys.team(teamId), team),
        webhook: { putIfAbsent: { ...webhook, ...keys.webhook(teamId, webhook.id) } },
      },
      withIt,
    );
    // A repeat of the request makes the same id: what is there already is this endpoint.
    if (outcome.applied || outcome.failed.webhook) return "inserted";
    if (outcome.failed.team) return whyNoChild(outcome.failed.team);
    throw new Error(`An id under ${webhook.id} was made twice.`);
  },

  replace: async (teamId, webhook, seen, withIt) => {
    const { id, url, events, description, status, disabled_reason } = webhook;
    const { signing_secret, previous_secrets, rotation_id, version, updated_at } = webhook;
    const set = { url, events, description, status, disabled_reason, version, updated_at };
    const signer = { signing_secret, previous_secrets, rotation_id };
    const outcome = await table.transact(
      {
        webhook: {
          update: keys.webhook(teamId, id),
          change: {
            set: { ...set, ...signer },
            remove: seen.failing && !webhook.failing ? ["failing"] : [],
          },
          condition: equals("version", seen.version),
        },
      },
      withIt,
    );
    return outcome.applied ? "replaced" : "changed";
  },

  remove: async (teamId, { id, version }, withIt) => {
    const webhook = { delete: keys.webhook(teamId, id), condition: equals("version", version) };
    const outcome = await table.transact({ webhook }, withIt);
    return outcome.applied ? "removed" : "changed";
  },
});

/** The endpoints of a team that are told of events of a type. Read anew each time: one that was just made misses nothing. */
export const readWanting = async (
  table: Table,
  teamId: Id<"team">,
  type: EventType,
): Promise<StoredWebhook[]> => wantedBy(await createWebhookStore(table).list(teamId), type);

/** Those of the endpoints that are told of events of a type. */
export const wantedBy = (webhooks: readonly StoredWebhook[], type: EventType) =>
  webhooks.filter(
    ({ status, events }) => status === "active" && (events.includes("*") || events.includes(type)),
  );
