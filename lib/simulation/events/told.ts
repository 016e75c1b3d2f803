import * as v from "valibot";
import { events as catalogue } from "#shared/events/catalogue";
import { asIntegration } from "#shared/integrations/integration-store";
import type { Id } from "#shared/runtime/ids";
import type { Item } from "#shared/table/table";
import type { Backends } from "../conversations/backends.ts";
import type { Chat } from "../conversations/chat.ts";
import { sentAs } from "../conversations/dialogue.ts";
import type { People } from "../conversations/people.ts";
import { wasLate } from "../conversations/replies.ts";
import type { SeenBackends } from "../conversations/seen-backends.ts";
import type { SeenConversations } from "../conversations/seen-conversations.ts";
import { type World, worldStart } from "../world.ts";
import type { Endpoints } from "./endpoints.ts";
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
  readonly seenBackends: SeenBackends;
  readonly endpoints: Endpoints;
  readonly facts: Facts;
  readonly rows: readonly Item[];
}

/** What an endpoint was to be told: when it may have begun, and when it was surely written. */
export interface Due {
  readonly type: string;
  readonly name: string;
  readonly from: number;
  readonly until: number;
}

/** A report as its receivers are to get it. */
export interface Told {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly at: number;
}

/** Each event is of something that happened, says it as it was, and is the only one of it. */
export function readEvents(remains: Remains, say: (problem: string) => void): Told[] {
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

/** What endpoints were to be told of if they wanted it all along. */
export function dueOf(remains: Remains): Due[] {
  const { facts, seen } = remains;
  const messages = seen.all().flatMap(({ messages: all }) => [...all.values()]);
  const begun = new Map(
    messages.map((one) => [one.id as string, sentAs(remains, one)?.from ?? Infinity]),
  );
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
  const { seen, seenBackends, facts, world } = remains;
  const backends = backendsOf(remains);
  return seen.all().flatMap(({ messages }) =>
    [...messages.values()].flatMap((question) => {
      const reply = [...messages.values()].find(({ reply_to }) => reply_to === question.number);
      // One that was given up says nothing of its backends.
      if (!reply || reply.delivery?.status === "failed") return [];
      const answered = backends.indexOf(reply.integration_id ?? "int_");
      const isFailed = reply.metadata["failed"] === true;
      // Who stood still may have had no time left for the others.
      if (answered < 0 && (!isFailed || wasLate(world))) return [];
      const from = begun.get(question.id) ?? worldStart;
      const until = facts.repliedAt.get(reply.id) ?? Infinity;
      return (isFailed ? backends : backends.slice(0, answered))
        .filter((backend) => !seenBackends.mayBePassedOver(backend, from, until))
        .map((backend) => ({
          type: "integration.failed",
          name: `${question.id} ${backend}`,
          from,
          until,
        }));
    }),
  );
}

/** The ids of the story's backends, in its order. */
const backendsOf = ({ rows }: Remains): readonly Id<"int">[] =>
  rows
    .filter(({ sk }) => sk.startsWith("INTEGRATION#"))
    .flatMap((row) => asIntegration(row) ?? [])
    .filter(({ type }) => type === "webhook")
    .map(({ id }) => id)
    .toSorted((one, other) => (one < other ? -1 : 1));

/** The conversation that an event tells of; of one that tells of none, an id that none has. */
export function conversationOf(body = '{"data":{}}'): Id<"conv"> {
  const { data } = JSON.parse(body) as Body;
  return data.conversation?.id ?? data.conversation_id ?? "conv_";
}
