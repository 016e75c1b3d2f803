import type { StoredMessage } from "#shared/conversations/message";
import type { Item } from "#shared/table/table";
import type { Backends } from "../conversations/backends.ts";
import type { Chat } from "../conversations/chat.ts";
import { maybeClosed } from "../conversations/closed.ts";
import { checkDialogue, indexOf, sentAs, textOf } from "../conversations/dialogue.ts";
import {
  ordered,
  type SeenConversation,
  type SeenConversations,
} from "../conversations/seen-conversations.ts";
import type { World } from "../world.ts";
import { callsOf, checkParts, type Sending } from "./parts.ts";
import type { SeenChannel } from "./seen-channel.ts";
import { group, movedGroup, type PlatformStory } from "./story.ts";
import type { SendCall, Telegram } from "./telegram.ts";
import type { Writers } from "./writers.ts";

/** What is looked at when a run is over. */
interface Remains {
  readonly story: PlatformStory;
  readonly world: World;
  readonly chat: Chat;
  readonly writers: Writers;
  readonly telegram: Telegram;
  readonly backends: Backends;
  readonly seen: SeenConversations;
  readonly seenChannel: SeenChannel;
  readonly rows: readonly Item[];
}

type Say = (problem: string) => void;

/** Everything that is not as promised, in sentences. */
export function verdict(remains: Remains): string[] {
  const { story, writers: people, seen, telegram } = remains;
  const problems = [...people.problems, ...seen.problems];
  const say: Say = (problem) => problems.push(problem);
  for (const index of story.messages.keys()) checkKept(remains, index, say);
  const { groups } = story;
  const messages = story.messages.map(({ user, chat, mentions }) => ({
    user,
    chat,
    movedTo: chat === group && telegram.hasMoved ? movedGroup : undefined,
    isToOthers: chat === group && (groups === "never" || (groups === "mention" && !mentions)),
  }));
  checkDialogue({ ...remains, people, story: { ...story, messages } }, say);
  for (const one of seen.all()) {
    checkReplies(remains, one, (problem) => say(`${one.id}: ${problem}`));
  }
  checkMove(remains, say);
  checkChannel(remains, say);
  if (!story.typing && telegram.signs.length > 0) say("shows that it is typing");
  return problems;
}

/** A message is kept once, however often the platform told of it. */
function checkKept(remains: Remains, index: number, say: Say): void {
  const { story, writers, seen } = remains;
  const copies = seen
    .all()
    .flatMap(({ messages }) => [...messages.values()])
    .filter((one) => one.role === "user" && indexOf(one) === index);
  const times = story.messages[index]?.atMs.length;
  const taken = writers.sent.filter((one) => one.index === index).length;
  // A channel that lost its token before it was connected has a hook that the platform was never told of.
  const mayBeRefused = !lives(story);
  const isKept = copies.length === 1 || (copies.length === 0 && taken === 0 && mayBeRefused);
  if (!isKept) say(`${textOf(index)} is kept ${copies.length} times`);
  if (taken !== times && !mayBeRefused) {
    say(`${textOf(index)} was told ${times} times and taken ${taken} times`);
  }
  if (copies.some(({ platform_message_id: id }) => id !== String(index + 1))) {
    say(`${textOf(index)} has another id`);
  }
}

/** What a worker needs from the answer of a backend to the writing of the reply. */
const soonMs = 3_000;

/** Replies go out one after the other, as far as the platform takes them, and nothing that shows typing holds them up. */
function checkReplies(
  remains: Remains,
  { id: conversation, messages, keptAt }: SeenConversation,
  say: Say,
): void {
  const { telegram, backends, world, writers } = remains;
  const isDeleted = writers.deleted.has(conversation);
  let last = 0;
  for (const reply of ordered(messages)) {
    const question = messages.get(reply.reply_to ?? 0);
    if (!question) continue;
    const calls = callsOf(telegram.sends, question, reply);
    checkParts(question, reply, { calls, isDeleted }, say);
    checkDelivery(remains, question, reply, { calls, isDeleted }, say);
    const ids = (reply.parts_sent ?? []).map(({ id }) => id);
    for (const { id, at } of calls) {
      if (id === undefined || !ids.includes(id)) continue;
      if (at < last) say(`reply ${reply.number} overtakes an earlier one`);
      last = at;
    }
    const asked = backends.asked.find(({ answer }) => answer === reply.content);
    const storedAfter = (keptAt.get(reply.number) ?? 0) - (asked?.at ?? Infinity);
    if (world.observer.faults === 0 && storedAfter > soonMs) {
      say(`reply ${reply.number} is stored ${storedAfter} ms after its backend gave it`);
    }
  }
}

const hourMs = 3_600_000;

/** A reply is sent, or there is a reason why not. */
function checkDelivery(
  remains: Remains,
  question: StoredMessage,
  { number, delivery, parts_sent = [], created_at, updated_at }: StoredMessage,
  { calls, isDeleted }: Sending,
  say: Say,
): void {
  const { writers, story } = remains;
  const { status, error } = delivery ?? {};
  const got = (does: SendCall["does"]) => calls.some((one) => one.does === does);
  const { from } = sentAs({ people: writers }, question) ?? {};
  const triedMs = Date.parse(updated_at) - Date.parse(created_at);
  if (status === "pending" && !isDeleted) say(`reply ${number} never leaves`);
  if (status === "skipped" && !maybeClosed(writers.closed, from, Infinity)) {
    say(`reply ${number} is skipped`);
  }
  const after = Date.parse(updated_at) - Date.parse(question.created_at);
  if (status === "sent" && after < story.delayMs.min_ms) {
    say(`reply ${number} left after ${after} ms`);
  }
  // That it was given up is looked at elsewhere.
  if (status !== "failed" || error?.code === "not_answered") return;
  const reasons: Readonly<Record<string, boolean>> = {
    retry: triedMs > hourMs - 60_000 && calls.some(({ does }) => does !== "ok"),
    recipient: got("blocked"),
    refused: calls.filter(({ does }) => does === "refused").length > 1,
    disconnected: got("unauthorized"),
  };
  const { class: kind = "", code } = error ?? {};
  if (!reasons[kind]) say(`reply ${number} fails with ${kind} (${code})`);
  if (error?.part !== parts_sent.length + 1) say(`reply ${number} fails at part ${error?.part}`);
}

/** Once the hook knows that the group has moved, its conversations go on: none begins beside one that there is. */
function checkMove({ story, writers, seen }: Remains, say: Say): void {
  if (story.mode === "session") return;
  const inGroup = seen
    .all()
    .filter(({ head }) => head?.chat_id === group || head?.chat_id === movedGroup)
    .filter(({ id }) => !writers.deleted.has(id));
  for (const [index, { id, head }] of inGroup.entries()) {
    const earlier = inGroup
      .slice(0, index)
      .find((one) => story.mode === "thread" || one.head?.user.id === head?.user.id);
    if (earlier && Date.parse(head?.created_at ?? "") > writers.movedAt + soonMs) {
      say(`${id} begins though ${earlier.id} has only moved`);
    }
  }
}

/** Whether the channel has the living token in the end. */
const lives = ({ acts }: PlatformStory) =>
  acts
    .toSorted((one, other) => one.atMs - other.atMs)
    .findLast(({ does }) => does === "revoke" || does === "renew")?.does !== "revoke";

/** A channel with a living token is connected; one with a dead token calls nobody once that is known. */
function checkChannel({ story, telegram, seenChannel, chat, world }: Remains, say: Say): void {
  const isAlive = lives(story);
  const { status } = seenChannel.now ?? chat.channel;
  const isRight = status === "connected" || (status === "disconnected" && !isAlive);
  if (!isRight) say(`the channel is ${status}`);
  if (isAlive && telegram.hook.url !== chat.channel.webhook_url) say("the platform calls another");
  if (world.observer.faults > 0) return;
  const isFound = telegram.sends.some(
    ({ does, at }) => does === "unauthorized" && at >= telegram.tokenSince,
  );
  const isChanged = story.acts.some(({ does }) => does === "close" || does === "open");
  if (!isAlive && isFound && !isChanged && status === "connected") say("the channel is connected");
  for (const { from, until } of seenChannel.disconnected) {
    const dead = telegram.sends.filter(({ at }) => at > from + soonMs && at < until);
    if (dead.length > 0) say(`${dead.length} calls are made although the channel is disconnected`);
  }
}
