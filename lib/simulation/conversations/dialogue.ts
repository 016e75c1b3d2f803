import { isDeepStrictEqual } from "node:util";
import type { StoredConversation } from "#shared/conversations/conversation";
import type { StoredMessage } from "#shared/conversations/message";
import type { Id } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import type { Item } from "#shared/table/table";
import type { World } from "../world.ts";
import type { Backends } from "./backends.ts";
import type { Chat } from "./chat.ts";
import { type Closed, maybeClosed, wasClosed } from "./closed.ts";
import { checkCounted } from "./counted.ts";
import { checkReply } from "./replies.ts";
import { indexOf, textOf } from "./said.ts";
import {
  firstWords,
  ordered,
  type SeenConversation,
  type SeenConversations,
} from "./seen-conversations.ts";
import { checkPictures, isShown } from "./shown.ts";
import { type ChatStory, sessionMinutes } from "./story.ts";
import { checkTurns, turnsOf } from "./turns.ts";

/** When a message of the story was sent first, and when that was first answered; unix milliseconds. */
export interface Sent {
  /** Which of the story's. */
  readonly index: number;
  readonly from: number;
  readonly until: number;
}

/** What is looked at of conversations when a run is over, wherever their messages come from. */
export interface Dialogue {
  readonly story: Pick<ChatStory, "backends" | "contextWindow" | "collectMs" | "timeoutSeconds"> & {
    readonly prompt?: string;
    readonly mode: string;
    /** Who says each message where. */
    readonly messages: readonly {
      readonly user: string;
      readonly chat: string;
      /** What the user and the chat are called besides. */
      readonly also?: readonly string[];
      /** Whether it is said to others, and gets no answer; undefined when it may be. */
      readonly isToOthers?: boolean | undefined;
    }[];
  };
  readonly world: World;
  readonly chat: Chat;
  readonly people: {
    readonly sent: readonly Sent[];
    readonly closed: readonly Closed[];
    /** Conversations that are deleted, by themselves or with something else. */
    readonly deleted: ReadonlySet<Id<"conv">>;
    /** Those that went with something else. */
    readonly goneWithMore?: ReadonlySet<Id<"conv">>;
  };
  readonly backends: Backends;
  readonly seen: SeenConversations;
  readonly rows: readonly Item[];
}

type Say = (problem: string) => void;

/** Each message is answered once and in order, with what a backend says to it, and the table shows what was said. */
export function checkDialogue(dialogue: Dialogue, say: Say): void {
  const { people, seen, story, world, rows } = dialogue;
  for (const one of seen.all()) {
    const sayOf: Say = (problem) => say(`${one.id}: ${problem}`);
    checkMessages(dialogue, one, sayOf);
    checkForgotten(dialogue, one, sayOf);
    // Whom somebody was erased beside sees what is left.
    if (one.erased.size === 0) {
      checkTurns(story, world, one, sayOf);
      checkAsked(dialogue, one, sayOf);
    }
    const isAlone = !people.goneWithMore?.has(one.id);
    if (people.deleted.has(one.id)) checkGone(rows, one, isAlone, sayOf);
    else checkRows(dialogue, one, sayOf);
  }
  checkBeginnings(dialogue, say);
  checkCounted(dialogue, say);
  const counted = rows.reduce(
    (sum, { sk, n }) => sum + (sk.startsWith("COUNT#") ? Number(n) : 0),
    0,
  );
  const alive = seen.all().filter(({ id }) => !people.deleted.has(id)).length;
  if (counted !== alive) say(`the channel counts ${counted} conversations and has ${alive}`);
}

/** Each message has one reply or none for a reason, in the order of the messages; those of one turn have the same. */
function checkMessages(
  dialogue: Dialogue,
  { messages, leftAt, erased }: SeenConversation,
  say: Say,
): void {
  const { people, story } = dialogue;
  const all = ordered(messages);
  const isDeleted = all.some(({ conversation_id: id }) => people.deleted.has(id));
  const questions = all.filter(({ role }) => role === "user");
  const replies = all.filter(({ role }) => role === "assistant");
  for (const [index, { number, created_at }] of all.entries()) {
    if (number !== index + 1) say(`message ${index + 1} is missing`);
    if (created_at < (all[index - 1]?.created_at ?? "")) {
      say(`${number} is older than the one before`);
    }
  }
  for (const [index, { number, reply_to = 0 }] of replies.entries()) {
    if (reply_to <= (replies[index - 1]?.reply_to ?? 0)) say(`reply ${number} is not in order`);
  }
  for (const question of questions) {
    const { number, answer, reply_number } = question;
    const own = replies.filter(({ reply_to }) => reply_to === number);
    const reply = replies.find((one) => one.number === reply_number);
    const sent = sentAs(dialogue, question);
    const planned = story.messages[indexOf(question)];
    const isToOthers = planned && "isToOthers" in planned ? planned.isToOthers : false;
    const mayBeClosed = (until = 0) => maybeClosed(people.closed, sent?.from, until);
    if (own.length > 1) say(`${number} has ${own.length} replies`);
    if (own.some((one) => one !== reply)) say(`${number} does not point at its reply`);
    if (reply?.reply_to === number) checkReply(dialogue, question, reply, say);
    if (answer && isToOthers) say(`${number} wants an answer and is said to others`);
    if (reply || erased.has(number)) continue;
    if (answer === false) {
      if (isToOthers === false && !mayBeClosed(sent?.until)) say(`${number} wants no answer`);
    } else if (reply_number === 0) {
      if (!isDeleted && !mayBeClosed(leftAt.get(number))) {
        say(`${number} was left without a reply`);
      }
    } else if (!isDeleted) say(`${number} has no reply`);
    if (answer && sent && wasClosed(people.closed, sent)) say(`${number} wants an answer`);
  }
  const sent = questions.map((question) => sentAs(dialogue, question));
  for (const [index, one] of sent.entries()) {
    const later = sent.slice(index + 1);
    // Who had been told that a message was kept before another was said must find it in front of that.
    if (later.some((other) => one && other && other.until < one.from)) {
      say(`${textOf(one?.index ?? 0)} stands before what was said earlier`);
    }
  }
  if (story.backends.length === 0) {
    for (const { reply_to, content } of replies) {
      // A picture is named behind the words.
      const words = typeof content === "string" ? content.split("\n")[0] : undefined;
      if (firstWords(messages.get(reply_to ?? 0)?.content) !== words) {
        say(`the echo says ${JSON.stringify(content)}`);
      }
    }
  }
}

/** A backend is shown what had been said before, each reply after its message, and is asked once when all goes well. */
function checkAsked(
  { backends, story, world }: Dialogue,
  { messages }: SeenConversation,
  say: Say,
): void {
  const { prompt = "" } = story;
  const all = ordered(messages);
  const turns = turnsOf(all);
  for (const question of all) {
    const asked = backends.about(question);
    const told = [
      ...all
        .filter(({ role, number }) => role === "user" && number < question.number)
        .flatMap((earlier) => [earlier, ...all.filter((one) => one.reply_to === earlier.number)]),
      question,
    ];
    const { turn } = turns.find(({ reply }) => reply.number === question.reply_number) ?? {};
    // A turn is shown whole. How long one was that got no reply, nobody can tell any more.
    const own = turn?.filter(({ number }) => number <= question.number).length;
    const lengths = own === undefined ? told.map((_, index) => index + 1) : [own];
    for (const one of asked) {
      const isRight = lengths.some((length) =>
        isShown(
          story.backends[one.backend] ?? { type: "webhook" },
          one,
          prompt,
          told.slice(-Math.max(story.contextWindow, length)),
        ),
      );
      if (!isRight) {
        say(`for ${question.number} a backend is shown ${JSON.stringify(one.messages)}`);
      }
      if (one.timeoutMs > story.timeoutSeconds * 1_000) {
        say(`for ${question.number} a backend may take ${one.timeoutMs} ms`);
      }
      checkPictures({ story, world }, one, (problem) => say(`for ${question.number} ${problem}`));
      // Who was broken off, or died, is followed by one who finds what has come since.
      const isLast = turn?.at(-1) === question;
      if (turn && !isLast && world.observer.faults === 0 && !one.isBrokenOff()) {
        say(`a backend is asked about ${question.number} alone`);
      }
    }
    for (const backend of story.backends.keys()) {
      const own = asked.filter((one) => one.backend === backend && !one.isBrokenOff());
      const refusals = own.filter(({ isRefusal }) => isRefusal).length;
      const times = Math.max(refusals, own.length - refusals);
      if (times > 1 + world.observer.faults) {
        say(`backend ${backend} is asked ${times} times about ${question.number}`);
      }
    }
  }
}

/** What was erased is shown to nobody who is asked about something that was said later. */
function checkForgotten(
  { backends }: Dialogue,
  { messages, keptAt, erased }: SeenConversation,
  say: Say,
): void {
  for (const [number, erasedAt] of erased) {
    const words = JSON.stringify(messages.get(number)?.content).slice(1, -1);
    for (const question of messages.values()) {
      if ((keptAt.get(question.number) ?? 0) <= erasedAt || words === "") continue;
      const isTold = backends
        .about(question)
        .some((one) => JSON.stringify(one.messages).includes(words));
      if (isTold) say(`for ${question.number} a backend is shown ${number}, which was erased`);
    }
  }
}

/** Stands for who never said something. */
const nobody: Dialogue["story"]["messages"][number] = { chat: "", user: "" };

/** The table holds what was seen, its head counts it, and its users find it. */
function checkRows(
  { rows, chat: { team_id, bot, channel }, story }: Dialogue,
  { id, messages, erased }: SeenConversation,
  say: Say,
): void {
  const has = ({ pk, sk }: { pk: string; sk: string }) =>
    rows.find((row) => row.pk === pk && row.sk === sk);
  const stored = has(keys.conversation(team_id, id));
  if (!stored) return say("is gone");
  // Of the rows of the product, only heads of conversations stand there.
  const head = stored as unknown as StoredConversation;
  const questions = [...messages.values()].filter(({ role }) => role === "user");
  const counts = [head.message_count, head.user_count, head.assistant_count];
  const right = [messages.size, questions.length, messages.size - questions.length];
  if (!isDeepStrictEqual(counts, right)) say(`counts ${String(counts)} and has ${String(right)}`);
  for (const question of questions) {
    const { number, user } = question;
    if (!has(keys.message(team_id, id, number))) say(`message ${number} is lost`);
    const key = keys.userConversation(team_id, bot.id, channel.type, user?.id ?? "", id);
    if (!has(key) && !erased.has(number)) say(`${user?.id} does not find it`);
    const { chat, user: by, also = [] } = story.messages[indexOf(question)] ?? nobody;
    if (![chat, ...also].includes(head.chat_id) || ![by, ...also].includes(user?.id ?? "")) {
      say(`${number} is of another chat`);
    }
    if (story.mode === "user" && user?.id !== head.user.id) say(`${number} is of another user`);
  }
}

/** Nothing names a deleted conversation but one audit entry; receipts, which hold no content, go by themselves. */
function checkGone(
  rows: readonly Item[],
  { id }: SeenConversation,
  isAlone: boolean,
  say: Say,
): void {
  const naming = rows.filter((row) => row.sk !== "RECEIPT" && JSON.stringify(row).includes(id));
  const entries = naming.filter(({ action }) => action === "conversation.deleted");
  if (isAlone ? entries.length !== 1 : entries.length > 1) {
    say(`its deletion has ${entries.length} audit entries`);
  }
  for (const row of naming) if (!entries.includes(row)) say(`${row.pk} ${row.sk} is left`);
}

/** A chat is one conversation until that is deleted, or silent for too long. */
function checkBeginnings({ seen, people, story }: Dialogue, say: Say): void {
  const before = new Map<string, SeenConversation>();
  for (const one of seen.all()) {
    if (!one.head) return say(`${one.id} has no head`);
    const { key_sha256, created_at } = one.head;
    const last = before.get(key_sha256);
    before.set(key_sha256, one);
    if (!last || people.deleted.has(last.id)) continue;
    const silentMs = Date.parse(created_at) - Date.parse(last.head?.created_at ?? "");
    if (story.mode === "session" && silentMs > sessionMinutes * 60_000) continue;
    say(`${one.id} begins though ${last.id} goes on`);
  }
}

/** When a message was sent, whoever sent it how often. */
export function sentAs(
  { people }: Pick<Dialogue, "people">,
  message: Pick<StoredMessage, "content">,
): Sent | undefined {
  const index = indexOf(message);
  const sent = people.sent.filter((one) => one.index === index);
  return sent.length === 0
    ? undefined
    : {
        index,
        from: Math.min(...sent.map(({ from }) => from)),
        until: Math.min(...sent.map(({ until }) => until)),
      };
}
