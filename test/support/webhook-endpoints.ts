import { expect, jest } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import * as v from "valibot";
import type { StoredDelivery } from "#shared/deliveries/delivery";
import { deliveryPart, eventPart } from "#shared/deliveries/delivery-store";
import { events } from "#shared/events/catalogue";
import { type Id, newId } from "#shared/runtime/ids";
import { longTextOf } from "#shared/table/long-text";
import type { Item } from "#shared/table/table";
import { allRows } from "./all-rows.ts";
import type { Answer, BackendRequest } from "./fake-backend.ts";
import type { TestPlatform } from "./test-platform.ts";

/** What a receiver answers that repeats what it is told. */
export const saysBack: Answer = ({ body }, response) => {
  response.end(body);
};

/** An event as its receivers get it. */
export interface SentEvent {
  readonly id: Id<"evt">;
  readonly type: string;
  readonly timestamp: string;
  readonly team_id: string;
  // Tests read it freely; the catalogue has described it.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data: any;
}

/** Reads what was sent; fails unless the catalogue describes all of it. */
export function readEvent(text: string): SentEvent {
  const event = JSON.parse(text) as SentEvent;
  const described = events.find(({ type }) => type === event.type);
  if (!described) throw new Error(`The catalogue has no ${event.type}.`);
  expect(v.parse(described.body, event)).toEqual(event);
  return event;
}

/** What endpoints of a team are told so far, oldest first; callbacks are not among it. */
export async function eventsOf(team: { readonly id: Id<"team"> }): Promise<SentEvent[]> {
  const rows = await allRows(`TEAM#${team.id}#EVENT#`);
  const told = new Set((await deliveriesOf(team)).map(({ event_id }) => event_id));
  return rows
    .filter(({ id }) => told.has(id))
    .map((row) => readEvent(longTextOf(row, "body") ?? ""))
    .toSorted((one, other) => (one.timestamp < other.timestamp ? -1 : 1));
}

/** The rows of all deliveries to endpoints of a team. */
export async function deliveriesOf({ id }: { readonly id: Id<"team"> }): Promise<Item[]> {
  const rows = await allRows(`TEAM#${id}#DELIVERY#`);
  return rows.filter(({ webhook_id }) => webhook_id !== null);
}

/** Which of these secrets have signed a request, by the library of Standard Webhooks at the time of the platform. */
export function signersOf(
  { clock }: Pick<TestPlatform, "clock">,
  { headers, body }: BackendRequest,
  secrets: readonly string[],
): string[] {
  const now = jest.spyOn(Date, "now").mockReturnValue(clock());
  try {
    return secrets.filter((secret) => {
      try {
        // Headers of this kind come once, as text.
        new Webhook(secret).verify(body, headers as Record<string, string>);
        return true;
      } catch {
        return false;
      }
    });
  } finally {
    now.mockRestore();
  }
}

/**
 * Puts deliveries to an endpoint as if each had been made a millisecond after the one before, with an event unless they
 * name one; gives their ids, oldest first.
 */
export async function putDeliveries(
  { table, clock, advance }: Pick<TestPlatform, "table" | "clock" | "advance">,
  team: { readonly id: Id<"team"> },
  webhook_id: Id<"wh">,
  all: readonly Partial<StoredDelivery>[],
): Promise<Id<"dlv">[]> {
  const ids = all.map((_, index) => newId("dlv", clock() + index));
  for (let start = 0; start < all.length; start += 100) {
    const puts = all.slice(start, start + 100).map(async (fields, offset) => {
      const at = clock() + start + offset;
      const { status = "pending", event_type: type = "message.received" } = fields;
      const id = ids[start + offset]!;
      const event_id = fields.event_id ?? newId("evt", at);
      const event = { id: event_id, type, body: "{}", delivery_ids: [id] };
      const to = { id, webhook_id, url: "https://127.0.0.1:1/" };
      const { due_at, due_shard, ...rest } = deliveryPart(team.id, event, to, at).put;
      const due = status === "pending" && { due_at, due_shard };
      if (!fields.event_id) await table.putIfAbsent(eventPart(team.id, event, at).put);
      await table.putIfAbsent({ ...rest, ...due, ...fields });
    });
    await Promise.all(puts);
  }
  advance(all.length);
  return ids;
}
