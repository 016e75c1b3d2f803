import { asBot } from "../bots/bot-store.ts";
import type { StoredBot } from "../bots/bot.ts";
import { asChannel } from "../channels/channel-store.ts";
import type { StoredChannel } from "../channels/channel.ts";
import { drawn } from "../integrations/choose-backends.ts";
import { announce } from "../runtime/announce.ts";
import { pauseFor } from "../runtime/timers.ts";
import { keys } from "../table/keys.ts";
import type { Lease } from "../work/lease.ts";
import { putOff, type Work, type WorkDeps } from "../work/work-on.ts";
import { wake } from "../work/wake.ts";
import { type AskDeps, askBackends, failedReply } from "./ask-backends.ts";
import type { StoredConversation } from "./conversation.ts";
import { conversationTopic } from "./conversation-topic.ts";
import {
  asConversation,
  type ConversationStore,
  type ConversationWork,
} from "./conversation-store.ts";
import { historyOf, laterReplies } from "./history.ts";
import type { StoredMessage } from "./message.ts";
import type { Handled, NewReply, ReplyStore } from "./reply-store.ts";

/** What answering needs. */
export interface AnswerDeps extends AskDeps, WorkDeps {
  readonly conversations: ConversationStore;
  readonly replies: ReplyStore;
}

/** All backends of one message together get this long. */
const chainMs = 240_000;
/** A longer delay holds no function. */
const longestPauseMs = 5_000;
/** Rows read beyond the next message's expected place. */
const spareRows = 10;

interface Turn {
  readonly lease: Lease;
  readonly work: ConversationWork;
  readonly bot: StoredBot;
  readonly channel: StoredChannel;
  readonly conversation: StoredConversation;
  readonly question: StoredMessage;
  readonly rows: readonly StoredMessage[];
}

/** The inbound worker's part: answers the next message of a claimed conversation. */
export const answerConversation = (deps: AnswerDeps, deadline: number): Work => ({
  run: async (lease, signal) => {
    const { integrations, turn } = await readTurn(deps, lease);
    if (!turn) return;
    const { question, bot, channel, conversation } = turn;
    if (question.reply_number) return deliverStored(deps, turn, question.reply_number, signal);
    if (bot.status !== "active" || !isOpen(channel)) {
      return goOn(deps, turn, await leave(deps, turn));
    }
    const history = await readHistory(deps, turn);
    const until = Math.min(deadline, deps.clock() + chainMs);
    const asked = { bot, conversation, integrations: await integrations, history, question };
    const reply = await askBackends(deps, lease.ref.team_id, asked, until, signal);
    signal.throwIfAborted();
    await store(deps, turn, reply, signal);
  },

  giveUp: async (lease) => {
    const { turn } = await readTurn(deps, lease);
    if (!turn) return;
    const { question, bot, conversation, work } = turn;
    const delivery = { status: "failed", error: "The message could not be answered." } as const;
    const now = deps.clock();
    if (question.reply_number) {
      const reply = await storedReply(deps, turn, question.reply_number);
      const handled = reply
        ? await deps.replies.setDelivery(lease, question, reply, delivery, work.last_inbound, now)
        : await leave(deps, turn);
      return goOn(deps, turn, handled);
    }
    const reply = { ...failedReply(bot, conversation.id), delivery };
    const handled = await deps.replies.putDelivered(
      lease,
      conversation,
      question,
      reply,
      work.last_inbound,
      now,
    );
    await goOn(deps, turn, handled);
  },
});

const isOpen = ({ enabled, status }: StoredChannel) => enabled && status !== "disconnected";

const leave = ({ replies, clock }: AnswerDeps, { lease, question, work }: Turn) =>
  replies.leaveUnanswered(lease, question, work.last_inbound, clock());

/** Reads what a turn needs, in three calls; without a turn the work is finished. */
async function readTurn(deps: AnswerDeps, lease: Lease) {
  const { team_id } = lease.ref;
  // What this kind of work item holds beside its lease; `keepMessage` puts it.
  const work = lease.item as unknown as ConversationWork;
  const conversationId = lease.ref.kind === "conversation" ? lease.ref.conversation_id : "";
  const integrations = deps.integrations.list(team_id, work.bot_id);
  // Awaited later; a failure must not count as unhandled meanwhile.
  integrations.catch(() => {});
  const [botRow, channelRow, headRow] = await deps.table.batchGet([
    keys.bot(team_id, work.bot_id),
    keys.channel(team_id, work.bot_id, work.channel_id),
    keys.conversation(team_id, conversationId),
  ]);
  const bot = asBot(botRow);
  const channel = asChannel(channelRow);
  const conversation = asConversation(headRow);
  if (!bot || !channel || !conversation) {
    // It is being erased: nobody waits for an answer.
    await deps.replies.finish(lease, work.last_inbound, deps.clock());
    return { integrations, turn: undefined };
  }
  const window = bot.settings.context_window;
  let from = work.handled + 2 - window;
  for (;;) {
    const to = Math.max(from, work.handled) + window + spareRows;
    const rows = await deps.conversations.range(team_id, conversationId, from, to);
    const question = rows.find(({ number, answer }) => number > work.handled && answer === true);
    if (question) {
      const turn: Turn = { lease, work, bot, channel, conversation, question, rows };
      return { integrations, turn };
    }
    if (to >= work.last_inbound) {
      const handled = await deps.replies.finish(lease, work.last_inbound, deps.clock());
      if (handled === "more") await wake(deps, lease.ref, deps.clock());
      return { integrations, turn: undefined };
    }
    from = to + 2 - window;
  }
}

async function readHistory(deps: AnswerDeps, { lease, question, rows, bot }: Turn) {
  const numbers = laterReplies(rows, question);
  const { team_id } = lease.ref;
  const read = new Map(rows.map((row) => [row.number, row]));
  const missing = numbers.filter((number) => !read.has(number));
  const replies = await deps.conversations.messages(team_id, question.conversation_id, missing);
  const known = numbers.flatMap((number) => read.get(number) ?? []);
  return historyOf(rows, [...known, ...replies], question, bot.settings.context_window);
}

/** When the reply is to leave: a drawn delay after the message arrived. */
function sendAt({ bot, question }: Turn): number {
  const { min_ms, max_ms } = bot.settings.response_delay;
  const delay = min_ms + drawn("delay", question.id) * (max_ms - min_ms);
  return Date.parse(question.created_at) + Math.round(delay);
}

async function store(deps: AnswerDeps, turn: Turn, reply: NewReply, signal: AbortSignal) {
  const { lease, conversation, question, work } = turn;
  const now = deps.clock();
  const at = sendAt(turn);
  if (at <= now) {
    // A web reply is delivered when it is stored: who wants it reads it.
    const sent = { ...reply, delivery: { status: "sent", error: null } } as const;
    const outcome = await deps.replies.putDelivered(
      lease,
      conversation,
      question,
      sent,
      work.last_inbound,
      now,
    );
    return goOn(deps, turn, outcome);
  }
  const pending = { ...reply, send_at: at };
  const stored = await deps.replies.putPending(lease, conversation, question, pending, now);
  if (stored !== "lost") await deliver(deps, turn, stored, signal);
}

const storedReply = (
  { conversations }: AnswerDeps,
  { lease, conversation }: Turn,
  number: number,
) => conversations.message(lease.ref.team_id, conversation.id, number);

async function deliverStored(deps: AnswerDeps, turn: Turn, number: number, signal: AbortSignal) {
  const reply = await storedReply(deps, turn, number);
  if (reply) await deliver(deps, turn, reply, signal);
  else await goOn(deps, turn, await leave(deps, turn));
}

async function deliver(deps: AnswerDeps, turn: Turn, reply: StoredMessage, signal: AbortSignal) {
  const { lease, question, channel, work } = turn;
  const wait = (reply.send_at ?? 0) - deps.clock();
  if (wait > longestPauseMs) return putOff(deps, lease, reply.send_at ?? 0);
  await pauseFor(deps.timer, wait, signal);
  signal.throwIfAborted();
  const delivery = isOpen(channel)
    ? ({ status: "sent", error: null } as const)
    : ({ status: "skipped", error: "The channel is not enabled." } as const);
  const outcome = await deps.replies.setDelivery(
    lease,
    question,
    reply,
    delivery,
    work.last_inbound,
    deps.clock(),
  );
  await goOn(deps, turn, outcome);
}

/** Tells who waits, and wakes the worker again when there is more to answer. */
async function goOn(deps: AnswerDeps, { lease, conversation }: Turn, handled: Handled) {
  if (handled === "lost") return;
  announce(conversationTopic(conversation.id));
  if (handled === "more") await wake(deps, lease.ref, deps.clock());
}
