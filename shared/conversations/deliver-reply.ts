import { isOfPlatform, type StoredChannel } from "../channels/channel.ts";
import { asChannel } from "../channels/channel-store.ts";
import { noteSent } from "../channels/note-activity.ts";
import { drawn } from "../integrations/choose-backends.ts";
import { pauseFor } from "../runtime/timers.ts";
import { keys } from "../table/keys.ts";
import { waitUntil } from "../work/end-lease.ts";
import type { ConversationStore } from "./conversation-store.ts";
import { type DeliveryError, isErased, type StoredMessage } from "./message.ts";
import type { NewReply } from "./reply-parts.ts";
import type { Handled } from "./reply-store.ts";
import { sendReply, type SendReplyDeps, type Watched } from "./send-reply.ts";
import type { Turn } from "./turn.ts";

interface DeliverReplyDeps extends SendReplyDeps {
  readonly conversations: ConversationStore;
}

/** A longer delay holds no function: those of one team must not hold all. */
const longestPauseMs = 1_000;
/** Clocks of two processes are less apart than this. */
const farthestClocksMs = 60_000;

/** Stores the reply of a turn and delivers it when its time has come; `waits` when that is later. */
export async function storeReply(
  deps: DeliverReplyDeps,
  turn: Turn,
  reply: NewReply,
  watched: Watched,
): Promise<Handled | "waits"> {
  const now = deps.clock();
  const at = sendAt(turn, now);
  const isSent = isOfPlatform(turn.channel);
  if (at <= now && !isSent) {
    // A web reply is delivered when it is stored: who wants it reads it.
    const sent = { ...reply, delivery: { status: "sent", error: null } } as const;
    return noting(deps, turn, deps.replies.putDelivered(turn, sent, now));
  }
  const { address, sign_id } = turn.question;
  const pending = {
    ...reply,
    ...(isSent && { address, sign_id }),
    ...(at > now && { send_at: at }),
  };
  const stored = await deps.replies.putPending(turn, pending, now);
  return typeof stored === "string" ? stored : deliverReply(deps, turn, stored, watched);
}

/** When the reply is to leave: a drawn delay after the message arrived. */
function sendAt({ bot, question }: Turn, now: number): number {
  const { min_ms, max_ms } = bot.settings.response_delay;
  const delay = min_ms + drawn("delay", question.id) * (max_ms - min_ms);
  const said = Date.parse(question.created_at);
  // A message is never dated before the one before it, which a clock that has since been set back may have dated.
  return (said - now > farthestClocksMs ? now : said) + Math.round(delay);
}

/** Delivers a stored reply when its time has come; `waits` when that is later. */
export async function deliverReply(
  deps: DeliverReplyDeps,
  turn: Turn,
  reply: StoredMessage,
  watched: Watched,
): Promise<Handled | "waits"> {
  const { signal } = watched;
  const at = reply.send_at ?? 0;
  const left = at - deps.clock();
  if (left > longestPauseMs) {
    await turn.temporary.settled;
    await waitUntil(deps, turn.lease, at);
    return "waits";
  }
  await pauseFor(deps.timer, left, signal);
  signal.throwIfAborted();
  const isStale = left > 0 || isOfPlatform(turn.channel);
  const channel = isStale ? await channelNow(deps, turn) : turn.channel;
  const error = whyNot(reply, channel);
  if (!error && channel && isOfPlatform(channel)) {
    return sendReply(deps, turn, reply, channel, watched);
  }
  const delivery = { status: error ? "skipped" : "sent", error } as const;
  const written = deps.replies.setDelivery(turn, reply, delivery, deps.clock());
  return error ? written : noting(deps, turn, written);
}

/** Notes in the channel, beside the writing of it, that a reply went out. */
async function noting(
  deps: DeliverReplyDeps,
  { lease, channel }: Turn,
  written: Promise<Handled>,
): Promise<Handled> {
  const [handled] = await Promise.all([written, noteSent(deps, lease.ref.team_id, channel)]);
  return handled;
}

/** Why a reply is not sent any more. */
function whyNot(reply: StoredMessage, channel: StoredChannel | undefined): DeliveryError | null {
  if (isErased(reply)) {
    return ours("refused", "message_erased", "The message that it answers was erased.");
  }
  if (channel && isOpen(channel)) return null;
  return channel?.enabled
    ? ours("disconnected", "channel_disconnected", "The channel is disconnected.")
    : ours("configuration", "channel_disabled", "The channel is not enabled.");
}

/** What we say ourselves of a reply that did not leave. */
export const ours = (
  kind: DeliveryError["class"],
  code: string,
  message: string,
): DeliveryError => ({
  class: kind,
  code,
  message,
  part: null,
});

/** Whether replies may go out through a channel. */
export const isOpen = ({ enabled, status }: StoredChannel) => enabled && status !== "disconnected";

const channelNow = async ({ table }: DeliverReplyDeps, { lease, channel }: Turn) =>
  asChannel(await table.get(keys.channel(lease.ref.team_id, channel.bot_id, channel.id)));

/** The reply that a message points at; one transaction wrote both. */
export async function storedReply(
  { conversations }: DeliverReplyDeps,
  { lease, conversation }: Turn,
  number: number,
): Promise<StoredMessage> {
  const reply = await conversations.message(lease.ref.team_id, conversation.id, number);
  if (!reply) throw new Error(`The reply ${number} of ${conversation.id} is gone.`);
  return reply;
}
