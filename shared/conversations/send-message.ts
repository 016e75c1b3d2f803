import type { ChannelStore } from "../channels/channel-store.ts";
import { ApiError, notFound } from "../errors/api-error.ts";
import type { Queues } from "../queue/queues.ts";
import { type Listener, listenTo } from "../runtime/announce.ts";
import type { Id } from "../runtime/ids.ts";
import { pauseBefore } from "../runtime/look-pauses.ts";
import { timeLeft } from "../runtime/meter.ts";
import type { Mint } from "../runtime/mint.ts";
import { stopping } from "../runtime/stopping.ts";
import { systemTimer } from "../runtime/timers.ts";
import { isUnavailable } from "../runtime/unavailable.ts";
import type { ShownContent } from "../schema/content.ts";
import type { Table } from "../table/table.ts";
import { type HeldRequest, type HoldDeps, holdRequest } from "../work/hold-request.ts";
import type { ConversationStore } from "./conversation-store.ts";
import { conversationTopic } from "./conversation-topic.ts";
import { keepMessage, type KeptMessage } from "./keep-message.ts";
import type { StoredMessage, User } from "./message.ts";
import { wakeKept } from "./wake-kept.ts";

/** A message as a client of a web channel sends it. */
interface WebMessage {
  readonly user: User;
  readonly chat_id?: string | undefined;
  readonly message_id?: string | undefined;
  readonly content: ShownContent;
}

interface SendMessageInput {
  readonly message: WebMessage;
  readonly mint: Mint;
  /** Unix milliseconds. */
  readonly waitUntil: number;
}

interface SentMessage extends Answered {
  readonly message: StoredMessage;
  /** The message was there before. */
  readonly repeated: boolean;
}

/** What came of waiting for a reply. */
interface Answered {
  readonly reply: StoredMessage | null;
  /** There is a reply, or one may come. */
  readonly isExpected: boolean;
}

/** Keeps a message of a web channel, wakes the worker and waits for the reply. */
export async function sendMessage(
  deps: SendMessageDeps,
  teamId: Id<"team">,
  channelId: Id<"ch">,
  { message: input, mint, waitUntil }: SendMessageInput,
): Promise<SentMessage> {
  const botId = await deps.channels.botOf(teamId, channelId);
  if (botId === undefined) throw notFound();
  const messageId = mint.id("msg");
  const kept = await keepMessage(
    deps.table,
    teamId,
    { bot_id: botId, channel_id: channelId, type: "web" },
    {
      chat_id: input.chat_id ?? input.user.id,
      thread_id: null,
      user_id: input.user.id,
      is_per_user: false,
      said_to: "bot",
      user: input.user,
      content: input.content,
      message_id: messageId,
      platform_message_id: input.message_id,
      // Our ids and the client's are told apart, so that neither can stand for the other.
      identity: input.message_id === undefined ? `ours:${messageId}` : `theirs:${input.message_id}`,
    },
    mint,
  );
  switch (kept.outcome) {
    case "channel_gone":
      throw notFound();
    case "wrong_type":
      throw new ApiError("conflict", "Messages can be sent into channels of the type web only.");
    case "conversation_deleted":
      throw new ApiError(
        "conflict",
        "The conversation of this message_id was deleted. Use a new message_id.",
      );
    case "id_taken":
      throw new ApiError(
        "conflict",
        "Another message came with this message_id: of another user, in another chat or with other content. Use a new message_id.",
      );
    case "kept":
    case "known":
      break;
  }
  const { message } = kept;
  const asked = { team_id: teamId, target: botId };
  const answered = await inTime(wakeAndWait(deps, asked, kept, waitUntil)).catch(unlessBroken);
  // It is kept: its sender is told so, whatever hangs or is out of reach since.
  const unseen = message.answer ? notYet : nobodyReplies;
  return { message, ...(answered ?? unseen), repeated: kept.outcome === "known" };
}

/** What something comes to, or undefined when the time of the request is over before that. */
async function inTime<T>(something: Promise<T>): Promise<T | undefined> {
  const left = timeLeft();
  if (left === Infinity) return something;
  const over = Promise.withResolvers<undefined>();
  const cancel = systemTimer(left, () => over.resolve(undefined));
  return Promise.race([something, over.promise]).finally(cancel);
}

function unlessBroken(error: unknown): undefined {
  if (!isUnavailable(error)) throw error;
}

/** Wakes who answers a kept message, and waits for the reply. */
async function wakeAndWait(
  deps: SendMessageDeps,
  asked: { readonly team_id: Id<"team">; readonly target: Id<"bot"> },
  kept: KeptMessage,
  waitUntil: number,
): Promise<Answered> {
  const { team_id } = asked;
  const { message } = kept;
  const listener = listenTo(conversationTopic(message.conversation_id));
  const held = holdRequest(deps, asked, waitUntil);
  try {
    await wakeKept(deps, team_id, kept);
    return await awaitReply(deps, team_id, message, { waitUntil, held, listener });
  } finally {
    listener.end();
    await held.end();
  }
}

export interface SendMessageDeps extends HoldDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly channels: ChannelStore;
  readonly conversations: ConversationStore;
}

const nobodyReplies: Answered = { reply: null, isExpected: false };
const notYet: Answered = { reply: null, isExpected: true };

/** Looks for the delivered reply, at once when this process makes it, else at growing intervals. */
async function awaitReply(
  { clock, conversations }: SendMessageDeps,
  teamId: Id<"team">,
  message: StoredMessage,
  {
    waitUntil,
    held,
    listener,
  }: { readonly waitUntil: number; readonly held: HeldRequest; readonly listener: Listener },
): Promise<Answered> {
  if (!message.answer) return nobodyReplies;
  const { conversation_id } = message;
  let number = message.reply_number;
  let isAnnounced = false;
  for (let look = 0; ; look++) {
    let rows: StoredMessage[] = [];
    if (number === undefined && look > 0) {
      // An announced reply usually stands right behind its message, and comes with the same call then.
      const wanted = isAnnounced ? [message.number, message.number + 1] : [message.number];
      rows = await conversations.messages(teamId, conversation_id, wanted);
      number = rows.find((row) => row.number === message.number)?.reply_number;
    }
    if (number === 0) return nobodyReplies;
    if (number !== undefined) {
      const reply =
        rows.find((row) => row.number === number) ??
        (await conversations.message(teamId, conversation_id, number));
      if (!reply) return nobodyReplies;
      if (reply.delivery?.status !== "pending") return { reply, isExpected: true };
    }
    const left = waitUntil - clock();
    if (left <= 0 || stopping.aborted || !(await held.mayGoOn())) return notYet;
    const pause = Math.min(pauseBefore(look), left);
    isAnnounced = await listener.heard(pause, stopping);
  }
}
