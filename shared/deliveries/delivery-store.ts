import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { isSameJson } from "../schema/same-json.ts";
import { all, type Change, changes, type Condition, equals, missing } from "../table/condition.ts";
import { type Key, keys, lists } from "../table/keys.ts";
import { longText, longTextOf } from "../table/long-text.ts";
import type { Item, Operation, Table, WriteOutcome } from "../table/table.ts";
import type { Lease } from "../work/lease.ts";
import { arm, finish, wait, type WorkItem } from "../work/work-item.ts";
import type { Attempt, Delivery, StoredDelivery } from "./delivery.ts";

/** What becomes of a delivery after an attempt. */
export type Next =
  | { readonly status: "succeeded" }
  | { readonly status: "failed"; readonly error: string }
  | { readonly status: "pending"; readonly at: number };

/** An attempt with what follows from it. */
export interface Tried {
  /** Undefined where nothing was sent. */
  readonly attempt: Attempt | undefined;
  /** Where it went, if the delivery shows another address. */
  readonly url?: string | undefined;
  readonly next: Next;
  /** What is written with it in the receiver's own row, on a condition of its own. */
  readonly receiver?: Operation | undefined;
}

/** Deliveries of one team at a time. Rows past their time are not there. */
export interface DeliveryStore {
  find(teamId: Id<"team">, id: Id<"dlv">): Promise<StoredDelivery | undefined>;
  /** In the order of the ids; those past their time are left out. */
  findAll(teamId: Id<"team">, ids: readonly Id<"dlv">[]): Promise<StoredDelivery[]>;
  /** Those to an endpoint by creation, page by page: also those past their time. */
  listed(
    teamId: Id<"team">,
    webhookId: Id<"wh">,
    part?: PartOfList,
  ): AsyncIterable<ListedDelivery[]>;
  /** The body that is sent, rendered once; undefined when it has expired. */
  body(teamId: Id<"team">, eventId: Id<"evt">): Promise<string | undefined>;
  /**
   * Writes an attempt and what follows from it: once for each number, by who has the lease. After a failure that is a
   * further attempt at once, if one was asked for since the delivery was read. `receiver_changed`: the receiver's own row
   * refused its part, and nothing was written.
   */
  record(
    lease: Lease,
    delivery: StoredDelivery,
    tried: Tried,
    now: number,
  ): Promise<Next | "lost" | "receiver_changed">;
  /** Arms a delivery for now, if it is still as it was seen. */
  rearm(
    teamId: Id<"team">,
    seen: StoredDelivery,
    retryId: Id<"req">,
    now: number,
  ): Promise<StoredDelivery | undefined>;
}

/** What the index `listed` holds of a delivery to an endpoint. It may lag behind its row. */
export interface ListedDelivery extends Pick<
  StoredDelivery,
  "status" | "event_type" | "remove_at"
> {
  readonly list_sk: Id<"dlv">;
}

/** Which part of a list is read, from which end, and how many of it at once. */
interface PartOfList {
  /** Places in the list, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly descending?: boolean;
  readonly limit?: number;
}

/** The index holds rows as `deliveryPart` wrote them. */
const asListed = (row: Item) => row as unknown as ListedDelivery;

/** A stored delivery; its shape is held by `test/contract/data-model.test.ts`. */
export const asDelivery = (item: Item | undefined) => item as (Item & StoredDelivery) | undefined;

/** Whether a delivery is not past its time. */
export const isThere = ({ remove_at }: { readonly remove_at: number }, now: number) =>
  remove_at > now / 1000;

/** Anybody may ask for another attempt again and again; a row has room for some 100 answers. */
const mostAttempts = 30;
const keptSeconds = 30 * 24 * 60 * 60;

/** An event as it is told to all who want it. */
export interface NewEvent {
  readonly id: Id<"evt">;
  readonly type: string;
  /** Those that tell of it: who erases what it tells finds their answers by it. */
  readonly delivery_ids: readonly Id<"dlv">[];
  /** What is sent, rendered once. */
  readonly body: string;
}

/** Who is told of an event. */
export interface NewDelivery extends Pick<StoredDelivery, "id" | "webhook_id" | "url"> {
  /** What `targetOf` reads of the row. */
  readonly kept?: Readonly<Record<string, unknown>>;
}

const removeAt = (now: number) => Math.floor(now / 1000) + keptSeconds;

/** A row with a longer body has more than 1 KB, of which a transaction pays each twice: a message, packed, has less. */
const mostPlainBody = 800;

/** The row of an event, as a part of the transaction that reports it. */
export const eventPart = (
  teamId: Id<"team">,
  { id, body, delivery_ids }: NewEvent,
  now: number,
) => {
  const packed = longText("body", body, mostPlainBody);
  return {
    put: { ...keys.event(teamId, id), id, delivery_ids, ...packed, remove_at: removeAt(now) },
  } satisfies Operation;
};

/** The row of a delivery, armed for now, as a part of the transaction that reports its event. */
export function deliveryPart(
  teamId: Id<"team">,
  event: Pick<NewEvent, "id" | "type">,
  { kept, ...to }: NewDelivery,
  now: number,
) {
  const at = isoTime(now);
  const key = keys.delivery(teamId, to.id);
  const delivery: StoredDelivery = {
    ...to,
    event_id: event.id,
    event_type: event.type,
    status: "pending",
    error: null,
    attempt_count: 0,
    attempts: [],
    claims: 0,
    sweeps: 0,
    remove_at: removeAt(now),
    created_at: at,
    updated_at: at,
    ...arm(key, now, now),
  };
  const listed = to.webhook_id !== null && {
    list_pk: lists.deliveries(teamId, to.webhook_id),
    list_sk: to.id,
  };
  return { put: { ...kept, ...delivery, ...listed, ...key } } satisfies Operation;
}

/** An attempt without what the receiver answered, which may repeat what it was told. */
export const withoutAnswer = (attempt: Attempt): Attempt => ({ ...attempt, response: null });

const isAsSeen = (attribute: string, seen: unknown) =>
  seen === undefined ? missing(attribute) : equals(attribute, seen);

/** What the API shows of a delivery. */
export const shownDelivery = (stored: StoredDelivery & WorkItem): Delivery => ({
  ...stored,
  next_attempt_at:
    stored.status === "pending" && stored.not_before !== undefined
      ? isoTime(stored.not_before)
      : null,
});

/** Deliveries over the table. */
export const createDeliveryStore = (table: Table, clock: () => number): DeliveryStore => ({
  find: async (teamId, id) => {
    const found = asDelivery(await table.get(keys.delivery(teamId, id)));
    return found && isThere(found, clock()) ? found : undefined;
  },

  findAll: async (teamId, ids) => {
    const rows = await table.batchGet(ids.map((id) => keys.delivery(teamId, id)));
    return rows.flatMap((row) => {
      const found = asDelivery(row);
      return found && isThere(found, clock()) ? [found] : [];
    });
  },

  listed: async function* (teamId, webhookId, { from = "dlv_", to = "dlv_~", ...how } = {}) {
    const pk = lists.deliveries(teamId, webhookId);
    const question = { pk, index: "listed", where: { between: [from, to] }, ...how } as const;
    for await (const rows of table.queryPages(question)) yield rows.map(asListed);
  },

  body: async (teamId, eventId) => longTextOf(await table.get(keys.event(teamId, eventId)), "body"),

  record: async function record(lease, delivery, tried, now) {
    const { key, token } = lease;
    const { url, next, receiver } = tried;
    const { attempt_count, retry_id, erased } = delivery;
    const attempt = erased ? tried.attempt && withoutAnswer(tried.attempt) : tried.attempt;
    const common = {
      status: next.status,
      error: next.status === "failed" ? next.error : null,
      ...(attempt && {
        attempt_count: attempt_count + 1,
        attempts: [...delivery.attempts, attempt].slice(-mostAttempts),
      }),
      ...(url !== undefined && url !== delivery.url && { url }),
      updated_at: isoTime(now),
    };
    const then =
      next.status === "pending" ? wait(next.at, now) : changes({ set: { claims: 0 } }, finish);
    const outcome = await writeRecord(table, receiver, {
      update: key,
      change: changes(then, { set: common }),
      condition: all(
        equals("lease_token", token),
        equals("attempt_count", attempt_count),
        isAsSeen("retry_id", retry_id),
        isAsSeen("erased", erased),
      ),
    });
    if (outcome === "receiver_changed") return outcome;
    if (outcome.applied) return next;
    const changed = asDelivery(outcome.item);
    // The answer to our own write was lost, and the SDK made it again: nobody else can have written this attempt.
    const isWritten = attempt
      ? changed?.attempt_count === attempt_count + 1 && isSameJson(changed.attempts.at(-1), attempt)
      : changed?.status === common.status && changed.error === common.error;
    if (isWritten) return next;
    const isOurs = changed?.lease_token === token && changed.attempt_count === attempt_count;
    const isAsked = changed?.retry_id !== retry_id;
    if (!isOurs || (!isAsked && changed.erased === erased)) return "lost";
    const asked: Next =
      isAsked && next.status !== "succeeded" ? { status: "pending", at: now } : next;
    return record(lease, changed, { ...tried, next: asked }, now);
  },

  rearm: async (teamId, seen, retryId, now) => {
    const key = keys.delivery(teamId, seen.id);
    const outcome = await table.update(
      key,
      {
        set: {
          ...arm(key, now, now),
          status: "pending",
          error: null,
          claims: 0,
          sweeps: 0,
          retry_id: retryId,
          updated_at: isoTime(now),
        },
      },
      all(equals("attempt_count", seen.attempt_count), equals("status", seen.status)),
    );
    const found = asDelivery(outcome.item);
    return outcome.applied || found?.retry_id === retryId ? found : undefined;
  },
});

/** Writes the record of an attempt: alone, or with its part of the receiver's row. */
async function writeRecord(
  table: Table,
  receiver: Operation | undefined,
  { update, change, condition }: { update: Key; change: Change; condition: Condition },
): Promise<WriteOutcome | "receiver_changed"> {
  if (!receiver) return table.update(update, change, condition);
  const outcome = await table.transactOnce({ delivery: { update, change, condition }, receiver });
  if (outcome.applied) return outcome;
  const { delivery } = outcome.failed;
  return delivery ? { applied: false, item: delivery.item } : "receiver_changed";
}
