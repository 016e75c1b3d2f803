import { shownMessage } from "#shared/conversations/message";
import { indexOf } from "../conversations/said.ts";
import { ordered, type SeenConversation } from "../conversations/seen-conversations.ts";
import { Discord, tokenMs } from "./discord.ts";
import type { Gone, Remains, Say } from "./remains.ts";
import { Slack } from "./slack.ts";
import { Telegram } from "./telegram.ts";
import { WhatsApp } from "./whatsapp.ts";

/** What one platform alone promises. */
export function checkPlatform(remains: Remains, gone: Gone, say: Say): void {
  const { server } = remains;
  if (server instanceof Telegram) checkMove(remains, server, gone, say);
  if (server instanceof Slack) {
    checkTemporary(remains, server, gone, say);
    checkMentions(remains, gone, say);
  }
  if (server instanceof Discord) checkCommands(remains, server, gone, say);
  if (server instanceof WhatsApp) {
    checkFailed(remains, server, gone, say);
    checkPeople(remains, server, gone, say);
  }
}

/** Whether a conversation was begun by a message that the platform told of after a time. */
function beginsAfter({ writers }: Remains, { messages }: SeenConversation, time: number): boolean {
  const first = messages.get(1);
  const told = writers.sent.filter(({ index }) => first && index === indexOf(first));
  return told.length > 0 && told.every(({ from }) => from > time);
}

/** Once the hook knows that the group has moved, its conversations go on: none begins beside one that there is. */
function checkMove(remains: Remains, server: Telegram, gone: Gone, say: Say): void {
  const { story, operator, seen } = remains;
  if (story.mode === "session") return;
  const ids = server.chatsOf("group");
  const inGroup = seen
    .all()
    .filter(({ id, head }) => head && ids.includes(head.chat_id) && !gone.has(id));
  for (const [index, one] of inGroup.entries()) {
    const earlier = inGroup
      .slice(0, index)
      .find(({ head }) => story.mode === "thread" || head?.user.id === one.head?.user.id);
    if (earlier && beginsAfter(remains, one, operator.movedAt)) {
      say(`${one.id} begins though ${earlier.id} has only moved`);
    }
  }
}

/**
 * What stood in for a sign of life is taken back: but where who posted it did not hear of it, or could not write it down,
 * where Slack did not do it when it was asked to, and where nobody may ask any more.
 */
function checkTemporary(
  { seenChannel, operator, seen }: Remains,
  server: Slack,
  gone: Gone,
  say: Say,
): void {
  const { disconnected } = seenChannel;
  for (const call of server.temporary) {
    const { id, at, chat: where, does, process } = call;
    if (id === undefined || server.removals.some((one) => one.id === id)) continue;
    const ofChat = seen.all().filter(({ head }) => head?.chat_id === where);
    const isErased = ofChat.some((one) => gone.has(one.id) || one.erased.size > 0);
    const isLost = does !== "ok" || process.isDead || process.faults > 0;
    const isMute = operator.removed !== undefined || disconnected.some(({ until }) => until > at);
    if (!isErased && !isLost && !isMute) say(`${id} still says that it thinks`);
  }
}

/** A message of which only its second telling says that the bot is meant is answered, or one that was said after it. */
function checkMentions({ story, seen, writers, operator }: Remains, gone: Gone, say: Say): void {
  if (story.groups !== "mention" || operator.closed.length > 0) return;
  for (const { id, messages, erased } of seen.all()) {
    if (gone.has(id) || erased.size > 0) continue;
    const questions = ordered(messages).filter(({ role }) => role === "user");
    for (const [place, question] of questions.entries()) {
      const index = indexOf(question);
      const isMeant = writers.sent.some(
        (one) => one.index === index && one.nth === 1 && one.isTaken,
      );
      if (!story.messages[index]?.isHidden || !isMeant) continue;
      const isAnswered = questions.slice(place).some(({ answer }) => answer === true);
      if (!isAnswered) say(`${id}: ${question.number} was meant for the bot and is not answered`);
    }
  }
}

/** The sign that the bot is thinking gives way to the answer, and stands only where an answer was to come. */
function checkCommands({ seen }: Remains, server: Discord, gone: Gone, say: Say): void {
  for (const { id, messages } of seen.all()) {
    for (const question of ordered(messages)) {
      const index = [...server.commands.keys()].find(
        (one) => server.messageId(one) === question.platform_message_id,
      );
      const command = server.commands.get(index ?? -1);
      if (!command?.isOpen || question.role !== "user") continue;
      if (question.answer === false) {
        say(`${question.number} is thought about and not to be answered`);
      }
      const reply = messages.get(question.reply_number ?? 0);
      if (reply?.reply_to !== question.number || gone.has(id)) continue;
      const [first] = reply.parts_sent ?? [];
      const by = first && server.sends.find((one) => one.id === first.id && one.isHeard);
      const isInTime = by && by.at < command.at + tokenMs - clocksMs;
      if (by && (by.quotes !== undefined || isInTime) && !command.isEdited) {
        say(`${question.number} is answered beside the sign that it is thought about`);
      }
    }
  }
}

/** The furthest that a clock is ahead, and more. */
const clocksMs = 5_000;

/** What was told not to have arrived has failed for good, whenever that was told; of what was sent again nothing is. */
function checkFailed({ seen }: Remains, server: WhatsApp, gone: Gone, say: Say): void {
  for (const { id, messages, erased } of seen.all()) {
    if (gone.has(id)) continue;
    for (const message of messages.values()) {
      const { number, role, parts_sent = [], delivery } = message;
      if (role !== "assistant" || erased.has(number)) continue;
      const ids = parts_sent.flatMap((part) => part.id ?? []);
      const told = server.failed.filter((one) => ids.includes(one.id));
      const hasFailed = shownMessage(message, "").delivery?.status === "failed";
      if (!hasFailed && told.some(({ takenAt }) => takenAt !== undefined)) {
        say(`${id}: ${number} did not arrive and is ${delivery?.status}`);
      }
      if (hasFailed && delivery?.status !== "failed" && told.length === 0) {
        say(`${id}: ${number} failed and nobody told`);
      }
    }
  }
}

/** Once the hook knows both ids of a person, what they say goes on where they were known first. */
function checkPeople(remains: Remains, server: WhatsApp, gone: Gone, say: Say): void {
  const { story, seen, writers, operator } = remains;
  if (story.mode === "session" || operator.erased) return;
  for (const user of new Set(story.messages.map((one) => one.user))) {
    const known = writers.sent.filter(({ index, isTaken }) => {
      const one = story.messages[index];
      return isTaken && one?.user === user && one.as === undefined;
    });
    const joinedAt = Math.min(Infinity, ...known.map(({ until }) => until));
    const ids = server.idsOf(user);
    const own = seen
      .all()
      .filter(({ id, head }) => head && ids.some((one) => one === head.chat_id) && !gone.has(id));
    const first = own.findIndex(({ head }) => head?.chat_id === firstIdOf(remains, ids));
    const later = own.slice(first + 1).find((one) => beginsAfter(remains, one, joinedAt));
    if (first >= 0 && later) {
      say(`${later.id} begins though ${own[first]?.id} is of the same person`);
    }
  }
}

/** By which of a person's ids the product knew them first, wherever they wrote. */
function firstIdOf({ seen }: Remains, ids: readonly string[]): string | undefined {
  const said = seen
    .all()
    .flatMap(({ messages, keptAt }) =>
      [...messages.values()].map(({ number, user }) => ({ at: keptAt.get(number) ?? 0, user })),
    )
    .filter(({ user }) => user && ids.includes(user.id));
  return said.toSorted((one, other) => one.at - other.at)[0]?.user?.id;
}
