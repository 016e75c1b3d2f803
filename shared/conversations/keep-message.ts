import * as v from "valibot";
import { asBot } from "../bots/bot-store.ts";
import { asChannel } from "../channels/channel-store.ts";
import { usageParts } from "../figures/count-usage.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { isSameJson } from "../schema/same-json.ts";
import { keys, namedIn } from "../table/keys.ts";
import { overChanges } from "../table/over-changes.ts";
import type { Table } from "../table/table.ts";
import { nobodyWants, type Reported, reportParts } from "../webhooks/report-event.ts";
import type { StoredWebhook } from "../webhooks/webhook.ts";
import { readWanting } from "../webhooks/webhook-store.ts";
import { amendMessage } from "./amend-message.ts";
import { shownConversation, type StoredConversation } from "./conversation.ts";
import { MessageReceived } from "./conversation-events.ts";
import { conversationHash, sessionExpired } from "./conversation-key.ts";
import { asConversation, asMessage, asReceipt, type Receipt } from "./conversation-store.ts";
import { isErased, shownMessage, type StoredMessage } from "./message.ts";
import { messageReceivedId } from "./message-received.ts";
import { chatBeforeMove } from "./move-chat.ts";
import {
  type Arrival,
  firstMessage,
  isPast,
  type MessagePlan,
  nextMessage,
  notBefore,
  type Planned,
  userKey,
} from "./plan-message.ts";

/** A message that is kept, now or since it came before. */
export interface KeptMessage {
  readonly outcome: "kept" | "known";
  readonly message: StoredMessage;
  /** The deliveries that tell of it, to be woken. */
  readonly delivery_ids: Reported["delivery_ids"];
  /** When its work may begin, of a message that was new; unix milliseconds. */
  readonly not_before?: number;
}

/** What keeping came to. */
export type Kept =
  | KeptMessage
  | { readonly outcome: "channel_gone" | "wrong_type" | "conversation_deleted" | "id_taken" };

/**
 * Keeps a user's message exactly once, in one transaction: receipt, message under its dense number, head of the
 * conversation, the conversation's work when an answer is wanted, and the event for those endpoints that want it. A
 * message that is known changes nothing, but for what it lacked, and is told to nobody.
 */
export async function keepMessage(
  table: Table,
  teamId: Id<"team">,
  target: { readonly bot_id: Id<"bot">; readonly channel_id: Id<"ch">; readonly type: string },
  arrival: Arrival,
  mint: Mint,
): Promise<Kept> {
  const { bot_id, channel_id } = target;
  const usualHash = conversationHash("auto", arrival);
  const readWebhooks = () => readWanting(table, teamId, "message.received");
  const [[botRow, channelRow, receiptRow, usualKey], wanting] = await Promise.all([
    table.batchGet([
      keys.bot(teamId, bot_id),
      keys.channel(teamId, bot_id, channel_id),
      keys.receipt(teamId, channel_id, arrival.identity),
      keys.conversationKey(teamId, channel_id, usualHash),
    ]),
    readWebhooks(),
  ]);
  const bot = asBot(botRow);
  const channel = asChannel(channelRow);
  if (!bot || !channel) return { outcome: "channel_gone" };
  if (channel.type !== target.type) return { outcome: "wrong_type" };
  let plan: MessagePlan = {
    teamId,
    bot,
    channel,
    arrival,
    mint,
    hash: conversationHash(bot.settings.conversation.mode, arrival),
    has_moved: false,
    conversation_id: mint.id("conv"),
  };
  const receipt = asReceipt(receiptRow);
  if (receipt && !isPast(receipt, mint.now)) return known(table, plan, receipt);

  const readKey = () => table.get(keys.conversationKey(teamId, channel_id, plan.hash));
  let keyRow = plan.hash === usualHash ? usualKey : await readKey();
  if (!keyRow && arrival.may_have_moved) {
    plan = await whereItWas(table, plan);
    if (plan.has_moved) keyRow = await readKey();
  }
  let webhooks = wanting;
  let head: StoredConversation | undefined;
  let hasLost = false;

  // As replies are, or what begins it is alone.
  const id = keyRow ? namedIn(keyRow).conversation_id : `${channel_id} ${plan.hash}`;
  return overChanges(["conversation", id], async (isOld) => {
    if (isOld) head = undefined;
    if (isOld) [keyRow, webhooks] = await Promise.all([readKey(), readWebhooks()]);
    else if (!head && hasLost) keyRow = await readKey();
    const currentId = keyRow && namedIn(keyRow).conversation_id;
    if (currentId !== undefined && head?.id !== currentId) {
      head = asConversation(await table.get(keys.conversation(teamId, currentId)));
    }
    const expired =
      head && sessionExpired(bot.settings.conversation, head.last_message_at, mint.now);
    const planned =
      head && !expired
        ? nextMessage(plan, head, await isNewUser(table, plan, head))
        : firstMessage(plan, expired ? head?.id : currentId);
    const { parts, delivery_ids } = reportOf(plan, planned, webhooks);
    const usage = usageOf(plan, planned, delivery_ids.length);
    const outcome = await table.transactOnce(planned.parts, { ...parts, ...usage });
    if (outcome.applied) {
      const { message } = planned;
      return { outcome: "kept", message, delivery_ids, not_before: notBefore(plan) };
    }

    const { failed } = outcome;
    const earlier = asReceipt(failed.receipt?.item);
    if (earlier) return known(table, plan, earlier);
    if (failed.count) return { outcome: "channel_gone" };
    // Another message came first: its number is in what stood in the way.
    head = asConversation(failed.head?.item);
    hasLost = true;
    return undefined;
  });
}

/** The plan for a message in a chat that has moved: its conversation is found by the id that the chat had before. */
async function whereItWas(table: Table, plan: MessagePlan): Promise<MessagePlan> {
  const { teamId, bot, channel, arrival } = plan;
  const of = { team_id: teamId, channel_id: channel.id };
  const chat_id = await chatBeforeMove(table, of, arrival.chat_id);
  if (chat_id === undefined) return plan;
  const { mode } = bot.settings.conversation;
  return { ...plan, hash: conversationHash(mode, { ...arrival, chat_id }), has_moved: true };
}

/** The event of a message, for those who want it. */
function reportOf(
  { teamId, bot, channel, arrival }: MessagePlan,
  { message, conversation }: Planned,
  webhooks: readonly StoredWebhook[],
): Reported {
  if (webhooks.length === 0) return nobodyWants;
  const data = {
    message: shownMessage(message, arrival.content),
    conversation: shownConversation(conversation),
    bot_id: bot.id,
  };
  return reportParts(teamId, webhooks, {
    id: messageReceivedId(message),
    type: "message.received",
    at: Date.parse(message.created_at),
    // As the API shows it.
    data: v.parse(MessageReceived, { ...data, channel_id: channel.id }),
  });
}

/** What is counted of a message that is kept: itself only where nobody will answer it, since an answer counts it. */
function usageOf({ teamId }: MessagePlan, { message }: Planned, deliveries: number) {
  const at = Date.parse(message.created_at);
  const counts = { messages: message.answer ? 0 : 1, deliveries };
  return usageParts(teamId, message.conversation_id, [{ at, counts }]);
}

const isNewUser = async (table: Table, plan: MessagePlan, head: StoredConversation) =>
  plan.arrival.user_id !== head.user.id && !(await table.get(userKey(plan, head.id)));

/** A message that came before, as it is now; `id_taken` when what came then was another. */
async function known(
  table: Table,
  plan: MessagePlan,
  { conversation_id, number }: Receipt,
): Promise<Kept> {
  const { teamId, arrival } = plan;
  const [headRow, row] = await table.batchGet([
    keys.conversation(teamId, conversation_id),
    keys.message(teamId, conversation_id, number),
  ]);
  const head = asConversation(headRow);
  if (!head || !row) return { outcome: "conversation_deleted" };
  const message = asMessage(row);
  // Its id is this request's own: an earlier try of the same request kept it.
  const found = { message, delivery_ids: [] };
  // A platform names its messages itself, and may have changed what one says.
  if (arrival.from_platform) {
    return { outcome: "known", ...found, message: await amendMessage(table, plan, message) };
  }
  if (message.id === arrival.message_id) return { outcome: "kept", ...found };
  return isSame(arrival, message, head) ? { outcome: "known", ...found } : { outcome: "id_taken" };
}

/** Whether a message came with this user, chat and content; of one that was erased, nobody can tell any more. */
const isSame = (
  { user_id, chat_id, content }: Arrival,
  message: StoredMessage,
  head: StoredConversation,
) =>
  chat_id === head.chat_id &&
  (isErased(message) || (user_id === message.user?.id && isSameJson(content, message.content)));
