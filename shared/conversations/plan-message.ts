import type { StoredBot } from "../bots/bot.ts";
import type { StoredChannel } from "../channels/channel.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import type { ShownContent } from "../schema/content.ts";
import { all, below, changes, either, equals, missing } from "../table/condition.ts";
import { type Key, keys, lists } from "../table/keys.ts";
import { dueShard } from "../table/shards.ts";
import type { Item, Operation } from "../table/table.ts";
import { arm, armIfIdle } from "../work/work-item.ts";
import { albumMs } from "./collect-turn.ts";
import type { StoredConversation } from "./conversation.ts";
import type { Place } from "./conversation-key.ts";
import type { Receipt } from "./conversation-store.ts";
import type { StoredMessage, User } from "./message.ts";

/** A message of a user as it arrived. */
export interface Arrival extends Place {
  /** Whether its chat may have been known by another id. */
  readonly may_have_moved?: boolean;
  /** To whom it was said: in a direct chat, in a group to the bot or to others, or nothing that a bot answers. */
  readonly said_to: "bot" | "bot in group" | "group" | "nobody";
  readonly user: User;
  readonly content: ShownContent;
  /** The id that it gets. */
  readonly message_id: Id<"msg">;
  /** Its id where it comes from. */
  readonly platform_message_id?: string | undefined;
  /** What makes it the same message when it comes again. */
  readonly identity: string;
  /** What a message of a platform brings besides. */
  readonly from_platform?: Pick<
    StoredMessage,
    "metadata" | "album_id" | "address" | "sign_id" | "files"
  >;
}

/** What a message is kept with. */
export interface MessagePlan {
  readonly teamId: Id<"team">;
  readonly bot: StoredBot;
  readonly channel: StoredChannel;
  readonly arrival: Arrival;
  readonly mint: Mint;
  readonly hash: string;
  /** Whether its chat was known by another id before. */
  readonly has_moved: boolean;
  readonly conversation_id: Id<"conv">;
}

/** A message, its conversation right after it, and the transaction that keeps it. */
export interface Planned {
  readonly message: StoredMessage;
  readonly conversation: StoredConversation;
  readonly parts: MessageParts;
}

// A type, because an interface is no record of parts.
type MessageParts = Readonly<
  Record<"receipt" | "message" | "head", Operation> &
    Partial<Record<"work" | "user" | "key" | "count", Operation | undefined>>
>;

const keptReceiptSeconds = 14 * 24 * 60 * 60;

const seconds = (unixMs: number) => Math.floor(unixMs / 1000);
/** Whether a receipt counts for nothing any more: the table removes old rows late. */
export const isPast = ({ remove_at }: Receipt, now: number) => remove_at < seconds(now);

/** Whether a message that comes now is to be answered: a paused bot and a disabled channel only keep it. */
export const wantsAnswer = ({ bot, channel, arrival }: MessagePlan) =>
  bot.status === "active" &&
  channel.enabled &&
  channel.status !== "disconnected" &&
  isForBot(arrival, bot);

function isForBot({ said_to }: Arrival, { settings }: StoredBot): boolean {
  const { groups } = settings.should_respond;
  switch (said_to) {
    case "bot":
      return true;
    case "bot in group":
      return groups !== "never";
    case "group":
      return groups === "always";
    case "nobody":
      return false;
  }
}

/** When the work of a message may begin: others may follow it, of its album or within the time that the bot collects them. */
export function notBefore({ bot, arrival, mint }: MessagePlan): number {
  const { collect_ms } = bot.settings.conversation;
  const isOfAlbum = arrival.from_platform?.album_id !== undefined;
  return mint.now + (isOfAlbum ? Math.max(albumMs, collect_ms) : collect_ms);
}

function messageOf(
  plan: MessagePlan,
  conversation_id: Id<"conv">,
  { number, previous }: { readonly number: number; readonly previous: number | undefined },
  at: string,
): StoredMessage {
  const { arrival } = plan;
  const answer = wantsAnswer(plan);
  return {
    id: arrival.message_id,
    conversation_id,
    role: "user",
    type: "regular",
    content: arrival.content,
    attachments: [],
    integration_id: null,
    user: arrival.user,
    delivery: null,
    metadata: {},
    number,
    ...(previous !== undefined && { previous }),
    answer,
    ...(!answer && arrival.said_to === "group" && { overheard: true }),
    platform_message_id: arrival.platform_message_id,
    ...(arrival.thread_id !== null && { thread_id: arrival.thread_id }),
    ...arrival.from_platform,
    created_at: at,
    updated_at: at,
  };
}

function putReceipt(
  { teamId, channel, arrival, mint }: MessagePlan,
  { conversation_id, number }: StoredMessage,
): Operation {
  const now = seconds(mint.now);
  const receipt: Receipt = { conversation_id, number, remove_at: now + keptReceiptSeconds };
  return {
    put: { ...keys.receipt(teamId, channel.id, arrival.identity), ...receipt },
    condition: either(missing("pk"), below("remove_at", now)),
  };
}

const messageItem = (teamId: Id<"team">, message: StoredMessage): Item => ({
  ...keys.message(teamId, message.conversation_id, message.number),
  ...message,
});

/** The key of the row by which a conversation of this user is found. */
export const userKey = (
  { teamId, bot, channel, arrival }: MessagePlan,
  conversation_id: Id<"conv">,
): Key => keys.userConversation(teamId, bot.id, channel.type, arrival.user_id, conversation_id);

const userItem = (plan: MessagePlan, conversation_id: Id<"conv">, created_at: string): Item => ({
  ...userKey(plan, conversation_id),
  conversation_id,
  created_at,
});

/** The parts that add a message to a conversation that goes on, with the row of a user who is new in it. */
export function nextMessage(
  plan: MessagePlan,
  head: StoredConversation,
  isNewUser: boolean,
): Planned {
  const { teamId, mint } = plan;
  // Never earlier than what was said before, so that times ascend with the numbers.
  const at = isoTime(Math.max(mint.now, Date.parse(head.last_message_at)));
  const message = messageOf(
    plan,
    head.id,
    { number: head.message_count + 1, previous: head.last_said },
    at,
  );
  const work = keys.conversationWork(teamId, head.id);
  const counted = {
    message_count: message.number,
    last_said: message.number,
    last_message_at: at,
    active_at: at,
    ...(plan.has_moved && { chat_id: plan.arrival.chat_id }),
  };
  const parts: MessageParts = {
    receipt: putReceipt(plan, message),
    message: { putIfAbsent: messageItem(teamId, message) },
    head: {
      update: keys.conversation(teamId, head.id),
      change: {
        set: { ...counted, list_sk: `${at}#${head.id}` },
        add: { user_count: 1 },
      },
      condition: all(equals("message_count", head.message_count), missing("erasing")),
    },
    work: message.answer
      ? {
          update: work,
          change: changes(
            { set: { last_inbound: message.number } },
            armIfIdle(work, notBefore(plan), mint.now),
          ),
        }
      : undefined,
    user: isNewUser ? { put: userItem(plan, head.id, at) } : undefined,
  };
  const conversation = { ...head, ...counted, user_count: head.user_count + 1 };
  return { message, conversation, parts };
}

/** The parts that begin a conversation with its first message. */
export function firstMessage(plan: MessagePlan, replaced: string | undefined): Planned {
  const { teamId, bot, channel, arrival, mint, hash, conversation_id } = plan;
  const at = isoTime(mint.now);
  const message = messageOf(plan, conversation_id, { number: 1, previous: 0 }, at);
  const head: StoredConversation = {
    id: conversation_id,
    bot_id: bot.id,
    channel_id: channel.id,
    platform: channel.type,
    chat_id: arrival.chat_id,
    thread_id: arrival.thread_id,
    user: arrival.user,
    message_count: 1,
    user_count: 1,
    assistant_count: 0,
    system_count: 0,
    last_said: 1,
    last_message_at: at,
    active_at: at,
    key_sha256: hash,
    metadata: {},
    created_at: at,
  };
  const work = keys.conversationWork(teamId, conversation_id);
  const parts: MessageParts = {
    receipt: putReceipt(plan, message),
    message: { putIfAbsent: messageItem(teamId, message) },
    head: {
      putIfAbsent: {
        ...keys.conversation(teamId, conversation_id),
        ...head,
        list_pk: lists.conversations(teamId, channel.id),
        list_sk: `${at}#${conversation_id}`,
      },
    },
    key: {
      put: { ...keys.conversationKey(teamId, channel.id, hash), conversation_id },
      condition: replaced
        ? either(missing("pk"), equals("conversation_id", replaced))
        : missing("pk"),
    },
    work: {
      putIfAbsent: {
        ...work,
        bot_id: bot.id,
        channel_id: channel.id,
        last_inbound: message.answer ? 1 : 0,
        handled: 0,
        claims: 0,
        sweeps: 0,
        ...(message.answer && arm(work, notBefore(plan), mint.now)),
      },
    },
    count: {
      update: keys.conversationCount(teamId, bot.id, channel.id, dueShard(conversation_id)),
      change: { set: { platform: channel.type, channel_id: channel.id }, add: { n: 1 } },
      condition: missing("erasing"),
      mayCreate: true,
    },
    user: { put: userItem(plan, conversation_id, at) },
  };
  return { message, conversation: head, parts };
}
