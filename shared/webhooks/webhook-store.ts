import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { anotherChild, type NoChild, type Parent, whyNoChild } from "../table/another-child.ts";
import { equals, exists } from "../table/condition.ts";
import { keys, prefixes } from "../table/keys.ts";
import type { Item, Table } from "../table/table.ts";
import type { EventType } from "./event-type.ts";
import type { StoredWebhook } from "./webhook.ts";

/** The webhook endpoints of one team at a time. */
export interface WebhookStore {
  find(teamId: Id<"team">, id: Id<"wh">): Promise<StoredWebhook | undefined>;
  /** All of a team, newest first. */
  list(teamId: Id<"team">): Promise<StoredWebhook[]>;
  /** Puts it if the team made nothing else since it was read. Repeating it is success. */
  insert(teamId: Id<"team">, webhook: StoredWebhook, team: Parent): Promise<"inserted" | NoChild>;
  /**
   * Changes one, if it has the version that was read; what workers write into the row meanwhile stays. Gives it as it is
   * then; undefined when it was changed or deleted.
   */
  change(
    teamId: Id<"team">,
    seen: StoredWebhook,
    change: WebhookChange,
    now: number,
  ): Promise<StoredWebhook | undefined>;
  remove(teamId: Id<"team">, id: Id<"wh">): Promise<"removed" | "unknown">;
}

/** What a team changes of an endpoint. */
export interface WebhookChange {
  readonly set: Partial<Omit<StoredWebhook, "id" | "version" | "created_at" | "updated_at">>;
  /** Forgets what failed until now. */
  readonly remove?: readonly "failing"[];
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

  insert: async (teamId, webhook, team) => {
    const outcome = await table.transact({
      team: anotherChild(keys.team(teamId), team),
      webhook: { putIfAbsent: { ...webhook, ...keys.webhook(teamId, webhook.id) } },
    });
    // A repeat of the request makes the same id: what is there already is this endpoint.
    if (outcome.applied || outcome.failed.webhook) return "inserted";
    if (outcome.failed.team) return whyNoChild(outcome.failed.team);
    throw new Error("A transaction was refused by none of its parts.");
  },

  change: async (teamId, { id, version }, { set, remove = [] }, now) => {
    const outcome = await table.update(
      keys.webhook(teamId, id),
      { set: { ...set, version: version + 1, updated_at: isoTime(now) }, remove },
      equals("version", version),
    );
    return outcome.applied ? asWebhook(outcome.item) : undefined;
  },

  remove: async (teamId, id) => {
    const outcome = await table.delete(keys.webhook(teamId, id), exists("pk"));
    return outcome.applied ? "removed" : "unknown";
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
