import { asBot } from "../bots/bot-store.ts";
import type { StoredBot } from "../bots/bot.ts";
import { asChannel } from "../channels/channel-store.ts";
import type { StoredChannel } from "../channels/channel.ts";
import { ApiError } from "../errors/api-error.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Mint } from "../runtime/mint.ts";
import { pauseFor, systemTimer } from "../runtime/timers.ts";
import { all, below, either, equals, missing } from "../table/condition.ts";
import { dueShard, keys, lists } from "../table/keys.ts";
import type { Item, Operation, Table } from "../table/table.ts";
import { armed, dueAt } from "../work/work-item.ts";
import { conversationHash, type Place, sessionExpired } from "./conversation-key.ts";
import type { StoredConversation } from "./conversation.ts";
import { asConversation, asMessage, asReceipt, type Receipt } from "./conversation-store.ts";
import type { StoredMessage, User } from "./message.ts";

/** A message of a user as it arrived. */
export interface Arrival extends Place {
  readonly user: User;
  readonly content: StoredMessage["content"];
  /** The id that it gets. */
  readonly message_id: string;
  /** What makes it the same message when it comes again. */
  readonly identity: string;
}

/** What keeping came to. */
export type Kept =
  | { readonly outcome: "kept" | "known"; readonly message: StoredMessage }
  | { readonly outcome: "channel_gone" | "wrong_type" | "conversation_deleted" };

const keptReceiptSeconds = 14 * 24 * 60 * 60;
const tries = 20;

const seconds = (unixMs: number) => Math.floor(unixMs / 1000);
/** The table removes old rows late; until then they count for nothing. */
const isOver = ({ remove_at }: Receipt, now: number) => remove_at < seconds(now);
const promptTries = 3;

/** Many who lost one race must not all meet again in the next: full jitter, up to 400 ms. */
const spread = (attempt: number) =>
  pauseFor(systemTimer, Math.random() * Math.min(400, 2 * 2 ** attempt));

/**
 * Keeps a user's message exactly once, in one transaction: receipt, message under its dense number, head of the
 * conversation and, when an answer is wanted, the conversation's work. A message that is known changes nothing.
 */
export async function keepMessage(
  table: Table,
  teamId: string,
  target: { readonly bot_id: string; readonly channel_id: string; readonly type: string },
  arrival: Arrival,
  mint: Mint,
): Promise<Kept> {
  const { bot_id, channel_id } = target;
  const usualHash = conversationHash("auto", arrival);
  const [botRow, channelRow, receiptRow, usualKey] = await table.batchGet([
    keys.bot(teamId, bot_id),
    keys.channel(teamId, bot_id, channel_id),
    keys.receipt(teamId, channel_id, arrival.identity),
    keys.conversationKey(teamId, channel_id, usualHash),
  ]);
  const bot = asBot(botRow);
  const channel = asChannel(channelRow);
  if (!bot || !channel) return { outcome: "channel_gone" };
  if (channel.type !== target.type) return { outcome: "wrong_type" };
  const receipt = asReceipt(receiptRow);
  if (receipt && !isOver(receipt, mint.now)) return known(table, teamId, receipt, arrival);

  const hash = conversationHash(bot.settings.conversation.mode, arrival);
  const readKey = () => table.get(keys.conversationKey(teamId, channel_id, hash));
  const plan = {
    table,
    teamId,
    bot,
    channel,
    arrival,
    mint,
    hash,
    conversation_id: mint.id("conv"),
  };
  let keyRow = hash === usualHash ? usualKey : await readKey();
  let head: StoredConversation | undefined;

  for (let attempt = 1; attempt <= tries; attempt++) {
    const currentId = keyRow && String(keyRow["conversation_id"]);
    if (currentId !== undefined && head?.id !== currentId) {
      head = asConversation(await table.get(keys.conversation(teamId, currentId)));
    }
    const expired =
      head && sessionExpired(bot.settings.conversation, head.last_message_at, mint.now);
    const planned =
      head && !expired ? await next(plan, head) : first(plan, expired ? head?.id : currentId);
    const outcome = await table.transact(planned.operations);
    if (outcome.applied) return { outcome: "kept", message: planned.message };

    const { failed } = outcome;
    const earlier = asReceipt(failed.get(0));
    if (earlier) return known(table, teamId, earlier, arrival);
    if (failed.has(planned.count)) return { outcome: "channel_gone" };
    // Another message came first: its number is in what stood in the way.
    head = asConversation(failed.get(2));
    if (attempt > promptTries) {
      await spread(attempt);
      // Meanwhile more came.
      head = undefined;
    }
    if (!head) keyRow = await readKey();
  }
  throw new ApiError("service_unavailable", "The conversation is very busy. Repeat the request.", {
    retryAfterSeconds: 1,
  });
}

/** A message that came before, as it is now. */
async function known(
  table: Table,
  teamId: string,
  receipt: Receipt,
  { message_id }: Arrival,
): Promise<Kept> {
  const { conversation_id, number } = receipt;
  const [head, row] = await table.batchGet([
    keys.conversation(teamId, conversation_id),
    keys.message(teamId, conversation_id, number),
  ]);
  if (!asConversation(head) || !row) return { outcome: "conversation_deleted" };
  const message = asMessage(row);
  // Its id is this request's own: an earlier try of the same request kept it.
  return { outcome: message.id === message_id ? "kept" : "known", message };
}

interface Plan {
  readonly table: Table;
  readonly teamId: string;
  readonly bot: StoredBot;
  readonly channel: StoredChannel;
  readonly arrival: Arrival;
  readonly mint: Mint;
  readonly hash: string;
  readonly conversation_id: string;
}

interface Planned {
  readonly message: StoredMessage;
  readonly operations: Operation[];
  /** The index of the count's operation, -1 without one. */
  readonly count: number;
}

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
async function next(plan: Plan, head: StoredConversation): Promise<Planned> {
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
function first(plan: Plan, replaced: string | undefined): Planned {
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
