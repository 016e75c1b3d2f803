import type { StoredDelivery } from "#shared/deliveries/delivery";
import { asDelivery } from "#shared/deliveries/delivery-store";
import { keys } from "#shared/table/keys";
import type { Item } from "#shared/table/table";
import type { StoredWebhook } from "#shared/webhooks/webhook";
import { worldStart } from "../world.ts";
import type { Endpoint } from "./endpoints.ts";
import { conversationOf, type Due, dueOf, readEvents, type Remains, type Told } from "./told.ts";

type Say = (problem: string) => void;

const dayMs = 24 * 3_600_000;

/** Everything that is not as promised, in sentences. */
export function verdict(remains: Remains): string[] {
  const { facts, endpoints, rows } = remains;
  const problems = [...facts.problems];
  const say: Say = (problem) => problems.push(problem);
  const deliveries = rows.flatMap((row) => {
    const delivery = row.sk === "DELIVERY" ? asDelivery(row) : undefined;
    return delivery && delivery.webhook_id !== null ? [delivery] : [];
  });
  const told = readEvents(remains, say);
  const due = dueOf(remains);
  for (const endpoint of endpoints.all) {
    const own = deliveries.filter(({ webhook_id }) => webhook_id === endpoint.id);
    const sayOf: Say = (problem) => say(`${endpoint.id}: ${problem}`);
    checkTold(endpoint, told, due, own, sayOf);
    for (const delivery of own) checkDelivery(remains, endpoint, delivery, sayOf);
    checkReceived(remains, endpoint, own, sayOf);
    checkEndpoint(remains, endpoint, own, sayOf);
  }
  return problems;
}

type State = "active" | "inactive" | "unsure";

/** What an endpoint was from one time to another, as far as its team and its receiver know. */
function stateOf({ changed, received }: Endpoint, from: number, until: number): State {
  const goneAt = received.find(({ does }) => does === "gone")?.at ?? Infinity;
  const failedAt = received.find(({ does }) => does !== "ok")?.at ?? Infinity;
  const disabledAt = Math.min(goneAt, failedAt + 5 * dayMs);
  const spans: (readonly [from: number, state: State])[] = [[-Infinity, "active"]];
  for (const { does, from: asked, until: done } of changed) {
    if (does === "move" || does === "rotate") continue;
    spans.push([asked, "unsure"], [done, does === "enable" ? "active" : "inactive"]);
    if (does === "delete") break;
  }
  const states = spans.flatMap(([begins, state], index) => {
    const ends = spans[index + 1]?.[0] ?? Infinity;
    if (begins > until || ends < from) return [];
    return state === "active" && until >= disabledAt ? (["unsure"] as const) : [state];
  });
  const [first = "unsure"] = states;
  return states.every((state) => state === first) ? first : "unsure";
}

const wants = ({ plan }: Endpoint, type: string) =>
  plan.events.some((one) => one === "*" || one === type);

/** It is told of all that it wanted, and of nothing else. */
function checkTold(
  endpoint: Endpoint,
  told: readonly Told[],
  due: readonly Due[],
  own: readonly StoredDelivery[],
  say: Say,
): void {
  for (const { type, name, from, until } of due) {
    if (!wants(endpoint, type) || stateOf(endpoint, from, until) !== "active") continue;
    const event = told.find((one) => one.type === type && one.name === name);
    if (!event) say(`${type} of ${name} is not told`);
    else if (!own.some(({ event_id }) => event_id === event.id)) say(`${name} is not delivered`);
  }
  for (const { event_id } of own) {
    const event = told.find(({ id }) => id === event_id);
    if (!event) return say(`${event_id} is delivered and is no event`);
    if (!wants(endpoint, event.type)) say(`${event.type} is delivered and not wanted`);
    // When it began, if a reply says that it was due.
    const from = due.find(({ name }) => name === event.name)?.from ?? -Infinity;
    if (stateOf(endpoint, from, event.at) === "inactive") say(`${event.name} is delivered`);
  }
  if (new Set(own.map(({ event_id }) => event_id)).size < own.length) {
    say("an event has two deliveries");
  }
}

/** A delivery arrives, or fails for a reason that there is. */
function checkDelivery(
  { world: { observer, agenda }, facts, people }: Remains,
  { received: all, changed }: Endpoint,
  { id, event_id, status, error, attempts, attempt_count }: StoredDelivery,
  say: Say,
): void {
  const received = all.filter((one) => one.id === event_id);
  const got = (does: string) => received.some((one) => one.does === does);
  const did = (does: string) => changed.some((one) => one.does === does);
  const reasons: Readonly<Record<string, boolean>> = {
    receiver_gone: got("gone"),
    endpoint_deleted: did("delete"),
    endpoint_disabled:
      did("disable") ||
      all.some(({ does }) => does === "gone") ||
      agenda.now > worldStart + 5 * dayMs,
    attempts_exhausted: attempt_count >= 10,
    // What was told of a conversation is erased with it.
    event_expired: people.deleted.has(conversationOf(facts.events.get(event_id)?.body)),
  };
  if (status === "pending") say(`${id} stays pending`);
  if (status === "succeeded" && !received.some(({ isHeard }) => isHeard)) {
    say(`${id} has not arrived`);
  }
  if (status === "failed" && !reasons[error ?? ""]) say(`${id} fails with ${error}`);
  if (observer.faults > 0) return;
  const wholly = received.filter((one) => !one.isBrokenOff());
  const made = attempts.length - (error === "event_expired" ? 1 : 0);
  if (wholly.length !== made) {
    say(`${id} came ${wholly.length} times and has ${made} attempts`);
  }
  const hasArrived = wholly.some(({ does }) => does === "ok");
  if (hasArrived !== (status === "succeeded")) say(`${id} is ${status}`);
}

/** A receiver gets nothing that is not its own, each event always the same, and again only after a fault. */
function checkReceived(
  { facts, world: { observer } }: Remains,
  { received, changed }: Endpoint,
  own: readonly StoredDelivery[],
  say: Say,
): void {
  for (const { id, body, isSigned } of received) {
    if (!isSigned) say(`${id} is not signed with its secret`);
    if (!own.some(({ event_id }) => event_id === id)) say(`${id} comes without a delivery`);
    if (facts.events.get(id)?.body !== body) say(`${id} comes with another body`);
  }
  const arrived = received.filter((one) => one.does === "ok" && !one.isBrokenOff());
  for (const [id, times] of Map.groupBy(arrived, (one) => one.id)) {
    if (times.length > 1 + observer.faults) say(`${id} arrives ${times.length} times`);
  }
  const deleted = changed.find(({ does }) => does === "delete");
  if (
    observer.faults === 0 &&
    received.some(({ at }) => at > (deleted?.until ?? Infinity) + soonMs)
  ) {
    say("is called after it was deleted");
  }
}

/** Calls that were begun before take a while. */
const soonMs = 3_000;

/** Whether a call has failed on its way, whatever the receiver did; what was never called lasted no time. */
const hasMissed = (own: readonly StoredDelivery[]): boolean =>
  own.some(({ attempts }) =>
    attempts.some(({ error, duration_ms }) => error !== null && duration_ms > 0),
  );

/** It is at last what its team wished, unless its receiver said otherwise. */
function checkEndpoint(
  { chat, rows, world: { agenda } }: Remains,
  { id, received, changed }: Endpoint,
  own: readonly StoredDelivery[],
  say: Say,
): void {
  const key = keys.webhook(chat.team_id, id);
  const row = rows.find(({ pk, sk }) => pk === key.pk && sk === key.sk);
  // Rows of endpoints stand there.
  const webhook = row as (Item & StoredWebhook) | undefined;
  const isDeleted = changed.some(({ does }) => does === "delete");
  if (isDeleted !== (webhook === undefined)) return say(isDeleted ? "is there still" : "is gone");
  if (!webhook) return;
  const wish = changed.findLast(({ does }) => does === "disable" || does === "enable")?.does;
  const isGone = received.some(({ does }) => does === "gone");
  const mayFail = agenda.now > worldStart + 5 * dayMs;
  const { status, disabled_reason, url, failing } = webhook;
  if (wish === "disable" && status === "active") say("is active and was disabled");
  if (wish !== "disable" && status === "disabled") {
    const isRight = { receiver_gone: isGone, failing: mayFail, by_request: false };
    if (!isRight[disabled_reason ?? "by_request"]) say(`is disabled as ${disabled_reason}`);
  }
  const isWell = received.every(({ does }) => does === "ok");
  if (failing && isWell && !hasMissed(own)) say("counts as failing");
  const moves = changed.filter(({ does }) => does === "move").length;
  if (Number(url.split("/").at(-1)) < moves) say(`is back at ${url}`);
}
