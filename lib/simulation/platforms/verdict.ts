import type { StoredMessage } from "#shared/conversations/message";
import { maybeClosed } from "../conversations/closed.ts";
import { checkDialogue, sentAs } from "../conversations/dialogue.ts";
import { indexOf, textOf } from "../conversations/said.ts";
import { ordered, type SeenConversation } from "../conversations/seen-conversations.ts";
import { checkChannel, lives } from "./check-channel.ts";
import { checkErased, goneOf } from "./check-erased.ts";
import { checkFiles } from "./check-files.ts";
import { checkPlatform } from "./check-platform.ts";
import { callsOf, checkParts, numberIn, type Sending } from "./parts.ts";
import { type Gone, type Remains, type Say, soonMs } from "./remains.ts";
import type { Does } from "./server.ts";
import { group, type PlannedUpdate } from "./story.ts";

/** Everything that is not as promised, in sentences. */
export function verdict(remains: Remains): string[] {
  const { story, writers, operator, seen, server } = remains;
  const problems = [...operator.problems, ...seen.problems];
  const say: Say = (problem) => problems.push(problem);
  const gone = goneOf(remains);
  for (const index of story.messages.keys()) checkKept(remains, index, say);
  const messages = story.messages.map((one) => {
    const [[user, ...ids], [chat, ...others]] = [server.idsOf(one.user), server.chatsOf(one.chat)];
    return { user, chat, also: [...ids, ...others], isToOthers: isToOthers(remains, one) };
  });
  const { sent } = writers;
  const { closed, deleted } = operator;
  const goneWithMore = new Set(
    [...gone].filter((id) => operator.removed || operator.erased || !deleted.has(id)),
  );
  const people = { sent, closed, deleted: gone, goneWithMore };
  checkDialogue({ ...remains, people, story: { ...story, messages } }, say);
  for (const one of seen.all()) {
    checkReplies(remains, gone, one, (problem) => say(`${one.id}: ${problem}`));
  }
  checkChannel(remains, say);
  checkFiles(remains, gone, say);
  checkErased(remains, gone, say);
  checkPlatform(remains, gone, say);
  if (!story.typing && server.signs.length > 0) say("shows that it is typing");
  return problems;
}

/** Whether a message is said to others in a group; undefined where that depends on what is told first. */
function isToOthers(
  { story: { groups, platform } }: Remains,
  { chat, mentions, isHidden }: PlannedUpdate,
): boolean | undefined {
  if (chat !== group) return false;
  // A command is for the bot wherever it is typed.
  const isForBot = mentions || platform === "discord";
  const isOpen = groups === "always" || (groups === "mention" && isForBot);
  return isOpen && isHidden && groups === "mention" ? undefined : !isOpen;
}

/** A message is kept once, however often the platform told of it. */
function checkKept(remains: Remains, index: number, say: Say): void {
  const { story, writers, operator, seen, server, world } = remains;
  const copies = seen
    .all()
    .flatMap(({ messages }) => [...messages.values()])
    .filter((one) => one.role === "user" && indexOf(one) === index);
  const times = story.messages[index]?.atMs.length;
  const taken = writers.sent.filter((one) => one.index === index && one.isTaken).length;
  // A channel that lost its token before it was connected has a hook that the platform was never told of; one that is
  // deleted has none. And some give up.
  const mayBeRefused = !lives(story) || operator.removed !== undefined;
  const mayBeLost = world.observer.faults > 0 && server.insistence.repeats < Infinity;
  const isKept =
    copies.length === 1 || (copies.length === 0 && taken === 0 && (mayBeRefused || mayBeLost));
  // A call that came before the channel was deleted is taken after it.
  if (!isKept && !(copies.length === 0 && operator.removed)) {
    say(`${textOf(index)} is kept ${copies.length} times`);
  }
  if (taken !== times && !mayBeRefused && !mayBeLost) {
    say(`${textOf(index)} was told ${times} times and taken ${taken} times`);
  }
  if (copies.some(({ platform_message_id: id }) => id !== server.messageId(index))) {
    say(`${textOf(index)} has another id`);
  }
}

/** Replies go out one after the other, as far as the platform takes them, and nothing that shows typing holds them up. */
function checkReplies(
  remains: Remains,
  gone: Gone,
  { id: conversation, messages, keptAt, erased }: SeenConversation,
  say: Say,
): void {
  const { server, backends, world } = remains;
  let last = 0;
  const replies = ordered(messages).filter(({ role }) => role === "assistant");
  for (const reply of replies) {
    const question = messages.get(reply.reply_to ?? 0);
    if (!question) continue;
    const isDeleted =
      gone.has(conversation) || erased.has(reply.number) || erased.has(question.number);
    const calls = callsOf(server, question, reply);
    checkParts(server, question, reply, { calls, isDeleted }, say);
    checkDelivery(remains, question, reply, { calls, isDeleted }, say);
    const ids = (reply.parts_sent ?? []).map(({ id }) => id);
    for (const { id, at, isHeard } of calls) {
      if (id === undefined || !isHeard || !ids.includes(id)) continue;
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
  { writers, operator, story, server }: Remains,
  question: StoredMessage,
  { number, content, delivery, parts_sent = [], created_at, updated_at }: StoredMessage,
  { calls: own, isDeleted }: Sending,
  say: Say,
): void {
  const { status, error } = delivery ?? {};
  // Those of what others say too cannot be told from theirs.
  const isOwn = typeof content === "string" && numberIn(content) !== undefined;
  const calls = isOwn ? own : server.sends.filter(({ said }) => said === content);
  const got = (...some: readonly Does[]) => calls.some(({ does }) => some.includes(does));
  const { closed, deleted } = operator;
  const { from } = sentAs({ people: { closed, deleted, sent: writers.sent } }, question) ?? {};
  const triedMs = Date.parse(updated_at) - Date.parse(created_at);
  if (status === "pending" && !isDeleted) say(`reply ${number} never leaves`);
  if (status === "skipped" && !isDeleted && !maybeClosed(closed, from, Infinity)) {
    say(`reply ${number} is skipped`);
  }
  const after = Date.parse(updated_at) - Date.parse(question.created_at);
  if (status === "sent" && after < story.delayMs.min_ms) {
    say(`reply ${number} left after ${after} ms`);
  }
  // That it was given up is looked at elsewhere.
  if (status !== "failed" || error?.code === "not_answered") return;
  const refusals =
    calls.filter(({ does }) => does === "refused").length + Math.min(1, server.lostFetches.length);
  const reasons: Readonly<Record<string, boolean>> = {
    retry:
      triedMs > hourMs - 60_000 &&
      (calls.some(({ does }) => does !== "ok") || server.lostFetches.length > 0),
    recipient: got("blocked") || (story.isGuest && got("stranger")),
    configuration: story.isGuest && got("stranger"),
    refused: refusals > (server.hasPlain ? 1 : 0),
    disconnected: got("unauthorized") || server.asked.some(({ does }) => does === "unauthorized"),
  };
  const { class: kind = "", code } = error ?? {};
  if (!reasons[kind]) say(`reply ${number} fails with ${kind} (${code})`);
  if (error?.part !== parts_sent.length + 1) say(`reply ${number} fails at part ${error?.part}`);
}
