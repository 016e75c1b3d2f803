import * as v from "valibot";
import type { StoredDelivery } from "#shared/deliveries/delivery";
import { asDelivery } from "#shared/deliveries/delivery-store";
import { events as catalogue } from "#shared/events/catalogue";
import type { Id } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import type { Item } from "#shared/table/table";
import type { StoredWebhook } from "#shared/webhooks/webhook";
import type { Backends } from "../conversations/backends.ts";
import type { Chat } from "../conversations/chat.ts";
import { type People, textOf } from "../conversations/people.ts";
import type { SeenConversations } from "../conversations/seen-conversations.ts";
import { type World, worldStart } from "../world.ts";
import type { Endpoint, Endpoints } from "./endpoints.ts";
import type { Facts } from "./facts.ts";
import type { EventStory } from "./story.ts";

/** What is looked at when a run is over. */
export interface Remains {
  readonly story: EventStory;
  readonly world: World;
  readonly chat: Chat;
  readonly people: People;
  readonly backends: Backends;
  readonly seen: SeenConversations;
  readonly endpoints: Endpoints;
  readonly facts: Facts;
  readonly rows: readonly Item[];
}

type Say = (problem: string) => void;

/** What an endpoint was to be told: when it may have begun, and when it was surely written. */
interface Due {
  readonly type: string;
  readonly name: string;
  readonly from: number;
  readonly until: number;
}

/** A report as its receivers are to get it. */
interface Told {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly at: number;
}

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
    checkEndpoint(remains, endpoint, sayOf);
  }
  return problems;
}

/** Each event is of something that happened, says it as it was, and is the only one of it. */
function readEvents(remains: Remains, say: Say): Told[] {
  const named = new Map<string, string>();
  return [...remains.facts.events.values()].map(({ id, body, at }) => {
    const event = JSON.parse(body) as Body;
    const { type, data } = event;
    const described = catalogue.find((one) => one.type === type);
    if (!described || !v.is(described.body, event)) say(`${id} is not as described: ${body}`);
    if (event.id !== id) say(`${id} says that it is ${event.id}`);
    const name = nameOf(event);
    const other = named.get(name);
    if (other !== undefined) say(`${name} is told as ${other} and as ${id}`);
    named.set(name, id);
    const problem = problemOf(remains, type, data);
    if (problem !== undefined) say(`${id} tells ${name}: ${problem}`);
    return { id, type, name, at };
  });
}

interface Data {
  readonly message?: { readonly id: string };
  readonly conversation?: { readonly id: Id<"conv">; readonly message_count: number };
  readonly conversation_id?: Id<"conv">;
  readonly message_id?: string;
  readonly integration_id?: string;
  readonly fallback_used?: boolean;
  readonly execution_id?: string;
  readonly status?: string;
}

interface Body {
  readonly id: string;
  readonly type: string;
  readonly data: Data;
}

/** What an event is about: the same for every report of the same thing. */
function nameOf({ type, data }: Body): string {
  if (type === "integration.failed") return `${data.message_id} ${data.integration_id}`;
  return data.message?.id ?? data.execution_id ?? "";
}

/** What is wrong with what an event says, if anything is. */
function problemOf(remains: Remains, type: string, data: Data): string | undefined {
  const { facts, backends, story, world } = remains;
  if (type === "integration.failed") {
    const asked = backends.asked.filter(({ question }) => question === data.message_id);
    const failed = asked.filter(({ answer, mayBeLate }) => !answer || mayBeLate);
    if (failed.length === 0 && !wasLate(world)) return "no backend failed";
    // How long a worker stood still decides whether there was time for another.
    const isLast = failed.at(-1)?.backend === story.chat.backends.length - 1;
    return !wasLate(world) && asked.length === 1 && data.fallback_used === isLast
      ? "whether another was tried is wrong"
      : undefined;
  }
  const fact = facts.facts.get(data.message?.id ?? data.execution_id ?? "");
  if (fact?.type !== type) return "it never happened";
  const says = data.conversation?.message_count ?? data.status;
  return fact.says === says ? undefined : `it says ${says} and not ${fact.says}`;
}

const wasLate = ({ calls }: World) =>
  calls.some((call) => /← .*"(slow|stall_before|stall_after)"/.test(call));

/** What endpoints were to be told of if they wanted it all along. */
function dueOf(remains: Remains): Due[] {
  const { facts, people } = remains;
  const sentAt = (content: unknown) => {
    const sent = people.sent.filter(({ index }) => textOf(index) === content);
    return Math.min(worldStart + Infinity, ...sent.map(({ from }) => from));
  };
  const messages = remains.seen.all().flatMap(({ messages: all }) => [...all.values()]);
  const begun = new Map(messages.map(({ id, content }) => [id as string, sentAt(content)]));
  const written = [...facts.facts.values()].map(({ type, about, at }) => ({
    type,
    name: about,
    from: begun.get(about) ?? worldStart,
    until: at,
  }));
  return [...written, ...failuresOf(remains, begun)];
}

/** Failures of which a reply tells that they came before it: those of the backends before the one that answered. */
function failuresOf(remains: Remains, begun: ReadonlyMap<string, number>): Due[] {
  const { seen, facts, world } = remains;
  const backends = backendsOf(remains);
  return seen.all().flatMap(({ messages }) =>
    [...messages.values()].flatMap((question) => {
      const reply = [...messages.values()].find(({ reply_to }) => reply_to === question.number);
      // One that was given up says nothing of its backends.
      if (!reply || reply.delivery?.status === "failed") return [];
      const answered = backends.indexOf(reply.integration_id ?? "");
      const isFailed = reply.metadata["failed"] === true;
      // Who stood still may have had no time left for the others.
      if (answered < 0 && (!isFailed || wasLate(world))) return [];
      return (isFailed ? backends : backends.slice(0, answered)).map((backend) => ({
        type: "integration.failed",
        name: `${question.id} ${backend}`,
        from: begun.get(question.id) ?? worldStart,
        until: facts.repliedAt.get(reply.id) ?? Infinity,
      }));
    }),
  );
}

/** The ids of the story's backends, in its order. */
const backendsOf = ({ rows }: Remains): readonly string[] =>
  rows
    .filter(({ sk, type }) => sk.startsWith("INTEGRATION#") && type === "webhook")
    .map(({ id }) => String(id))
    .toSorted((one, other) => (one < other ? -1 : 1));

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
  if (status === "succeeded" && !got("ok")) say(`${id} has not arrived`);
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

/** The conversation that an event tells of; of one that tells of none, an id that none has. */
function conversationOf(body = '{"data":{}}'): Id<"conv"> {
  const { data } = JSON.parse(body) as Body;
  return data.conversation?.id ?? data.conversation_id ?? "conv_";
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

/** It is at last what its team wished, unless its receiver said otherwise. */
function checkEndpoint(
  { chat, rows, world: { agenda } }: Remains,
  { id, received, changed }: Endpoint,
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
  if (failing && received.every(({ does }) => does === "ok")) say("counts as failing");
  const moves = changed.filter(({ does }) => does === "move").length;
  if (Number(url.split("/").at(-1)) < moves) say(`is back at ${url}`);
}
