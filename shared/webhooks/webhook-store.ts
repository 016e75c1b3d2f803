import type { Id } from "../runtime/ids.ts";
import { keys, prefixes } from "../table/keys.ts";
import type { Item, Table } from "../table/table.ts";
import type { EventType } from "./event-type.ts";
import type { StoredWebhook } from "./webhook.ts";

/** The webhook endpoints of one team at a time. */
export interface WebhookStore {
  find(teamId: Id<"team">, id: Id<"wh">): Promise<StoredWebhook | undefined>;
  /** All of a team, newest first. */
  list(teamId: Id<"team">): Promise<StoredWebhook[]>;
}

/** A stored endpoint; its shape is held by `test/contract/data-model.test.ts`. */
const asWebhook = (item: Item | undefined) => item as (Item & StoredWebhook) | undefined;

/** Webhook endpoints over the table. */
export const createWebhookStore = (table: Table): WebhookStore => ({
  find: async (teamId, id) => asWebhook(await table.get(keys.webhook(teamId, id))),

  list: async (teamId) => {
    const { pk, prefix } = prefixes.webhooks(teamId);
    const rows = await table.queryAll({ pk, where: { begins: prefix }, descending: true });
    return rows.flatMap((row) => asWebhook(row) ?? []);
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
