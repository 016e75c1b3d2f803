import { randomBytes } from "node:crypto";
import { expect } from "@jest/globals";
import * as v from "valibot";
import { events } from "#shared/events/catalogue";
import { signingSecret } from "#shared/outbound/webhook-signature";
import { isoTime } from "#shared/runtime/clock";
import { type Id, newId } from "#shared/runtime/ids";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { keys } from "#shared/table/keys";
import { longTextOf } from "#shared/table/long-text";
import type { Item } from "#shared/table/table";
import { type StoredWebhook, webhookSecretPlace } from "#shared/webhooks/webhook";
import { allRows } from "./all-rows.ts";
import type { Answer } from "./fake-backend.ts";
import type { TestPlatform } from "./test-platform.ts";

/** An endpoint with its secret. */
export interface TestEndpoint {
  readonly id: Id<"wh">;
  readonly secret: string;
}

/** Puts an active endpoint of a team that is told of everything, unless its fields say otherwise. */
export async function anEndpoint(
  { table, clock }: Pick<TestPlatform, "table" | "clock">,
  team: { readonly id: Id<"team"> },
  fields: Pick<StoredWebhook, "url"> & Partial<StoredWebhook>,
): Promise<TestEndpoint> {
  const id = newId("wh", clock());
  const secret = signingSecret(randomBytes(32));
  const at = isoTime(clock());
  const webhook: StoredWebhook = {
    id,
    events: ["*"],
    description: null,
    status: "active",
    disabled_reason: null,
    signing_secret: await liveTeamSecrets().seal(team.id, webhookSecretPlace(id), secret),
    version: 1,
    created_at: at,
    updated_at: at,
    ...fields,
  };
  await table.putIfAbsent({ ...webhook, ...keys.webhook(team.id, id) });
  return { id, secret };
}

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
