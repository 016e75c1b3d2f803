import type { StoredBot } from "../bots/bot.ts";
import type { StoredChannel } from "../channels/channel.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Mint } from "../runtime/mint.ts";
import { all, below, either, equals, missing } from "../table/condition.ts";
import { dueShard, keys, lists } from "../table/keys.ts";
import type { Item, Operation, Table } from "../table/table.ts";
import { armed, dueAt } from "../work/work-item.ts";
import type { Place } from "./conversation-key.ts";
import type { StoredConversation } from "./conversation.ts";
import type { Receipt } from "./conversation-store.ts";
import type { StoredMessage, User } from "./message.ts";

/** A message of a user as it arrived. */
export interface Arrival extends Place {
  readonly user: User;
  readonly content: StoredMessage["content"];
  /** The id that it gets. */
  readonly message_id: string;
  /** Its id where it comes from. */
  readonly platform_message_id?: string | undefined;
  /** What makes it the same message when it comes again. */
  readonly identity: string;
}

/** What a message is kept with. */
export interface Plan {
  readonly table: Table;
  readonly teamId: string;
  readonly bot: StoredBot;
  readonly channel: StoredChannel;
  readonly arrival: Arrival;
  readonly mint: Mint;
  readonly hash: string;
  readonly conversation_id: string;
}

/** A message and the transaction that keeps it. */
export interface Planned {
  readonly message: StoredMessage;
  readonly operations: Operation[];
  /** The index of the count's operation, -1 without one. */
  readonly count: number;
}

const keptReceiptSeconds = 14 * 24 * 60 * 60;

const seconds = (unixMs: number) => Math.floor(unixMs / 1000);
/** Whether a receipt counts for nothing any more: the table removes old rows late. */
export const isPast = ({ remove_at }: Receipt, now: number) => remove_at < seconds(now);

/** Whether a message that comes now is to be answered: a paused bot and a disabled channel only keep it. */
const wantsAnswer = ({ bot, channel }: Plan) =>
  bot.status === "active" && channel.enabled && channel.status !== "disconnected";

function messageOf(plan: Plan, conversation_id: string, number: number, at: string): StoredMessage {
  const { arrival } = plan;
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
    answer: wantsAnswer(plan),
    platform_message_id: arrival.platform_message_id,
    created_at: at,
    updated_at: at,
  };
}

function putReceipt(
  { teamId, channel, arrival, mint }: Plan,
  { conversation_id, number }: StoredMessage,
): Operation {
  const now = seconds(mint.now);
  const receipt: Receipt = { conversation_id, number, remove_at: now + keptReceiptSeconds };
  return {
    put: { ...keys.receipt(teamId, channel.id, arrival.identity), ...receipt },
    condition: either(missing("pk"), below("remove_at", now)),
  };
}

const messageItem = (teamId: string, message: StoredMessage): Item => ({
  ...keys.message(teamId, message.conversation_id, message.number),
  ...message,
});

function userItem({ teamId, bot, channel, arrival }: Plan, message: StoredMessage): Item {
  const key = keys.userConversation(
    teamId,
    bot.id,
    channel.type,
    arrival.user_id,
    message.conversation_id,
  );
  return { ...key, conversation_id: message.conversation_id, created_at: message.created_at };
}

/** The operations that add a message to a conversation that goes on. */
export async function nextMessage(plan: Plan, head: StoredConversation): Promise<Planned> {
  const { table, teamId, arrival, mint } = plan;
  // Never earlier than what was said before, so that times ascend with the numbers.
  const at = isoTime(Math.max(mint.now, Date.parse(head.last_message_at)));
  const message = messageOf(plan, head.id, head.message_count + 1, at);
  const work = keys.conversationWork(teamId, head.id);
  const operations: Operation[] = [
    putReceipt(plan, message),
    { putIfAbsent: messageItem(teamId, message) },
    {
      update: keys.conversation(teamId, head.id),
      change: {
        set: {
          message_count: message.number,
          last_message_at: at,
          active_at: at,
          list_sk: `${at}#${head.id}`,
        },
        add: { user_count: 1 },
      },
      condition: all(equals("message_count", head.message_count), missing("erasing")),
    },
  ];
  if (message.answer) {
    operations.push({
      update: work,
      change: {
        set: { last_inbound: message.number, due_shard: dueShard(work.pk) },
        setIfMissing: { due_at: dueAt(mint.now, mint.now), not_before: mint.now },
      },
    });
  }
  if (arrival.user_id !== head.user.id) {
    const item = userItem(plan, message);
    const wasHere = await table.get(item);
    if (!wasHere) operations.push({ put: item });
  }
  return { message, operations, count: -1 };
}

/** The operations that begin a conversation with its first message. */
export function firstMessage(plan: Plan, replaced: string | undefined): Planned {
  const { teamId, bot, channel, arrival, mint, hash, conversation_id } = plan;
  const at = isoTime(mint.now);
  const message = messageOf(plan, conversation_id, 1, at);
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
    last_message_at: at,
    active_at: at,
    key_sha256: hash,
    metadata: {},
    created_at: at,
  };
  const work = keys.conversationWork(teamId, conversation_id);
  const operations: Operation[] = [
    putReceipt(plan, message),
    { putIfAbsent: messageItem(teamId, message) },
    {
      putIfAbsent: {
        ...keys.conversation(teamId, conversation_id),
        ...head,
        list_pk: lists.conversations(teamId, channel.id),
        list_sk: `${at}#${conversation_id}`,
      },
    },
    {
      put: { ...keys.conversationKey(teamId, channel.id, hash), conversation_id },
      condition: replaced
        ? either(missing("pk"), equals("conversation_id", replaced))
        : missing("pk"),
    },
    {
      putIfAbsent: {
        ...work,
        bot_id: bot.id,
        channel_id: channel.id,
        last_inbound: message.answer ? 1 : 0,
        handled: 0,
        claims: 0,
        sweeps: 0,
        ...(message.answer && armed(work, mint.now, mint.now)),
      },
    },
    {
      update: keys.conversationCount(teamId, bot.id, channel.id, dueShard(conversation_id)),
      change: { set: { platform: channel.type, channel_id: channel.id }, add: { n: 1 } },
      condition: missing("erasing"),
      mayCreate: true,
    },
    { put: userItem(plan, message) },
  ];
  return { message, operations, count: 5 };
}
