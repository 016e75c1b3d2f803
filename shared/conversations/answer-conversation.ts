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
import { historyOf, unreadPartners } from "./history.ts";
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
/** Rows read beyond the last message that was dealt with; the next one is nearly always among them. */
const spareRows = 10;
/** Rows read at once when it is not. */
const pageRows = 100;

interface Turn {
  readonly lease: Lease;
  readonly work: ConversationWork;
  readonly bot: StoredBot;
  readonly channel: StoredChannel;
  readonly conversation: StoredConversation;
  readonly question: StoredMessage;
  /** What was read around the question: enough for a history, but for what was stored far from it. */
  readonly rows: readonly StoredMessage[];
}

/** The inbound worker's part: answers the next message of a claimed conversation. */
export const answerConversation = (deps: AnswerDeps, deadline: number): Work => ({
  run: async (lease, signal) => {
    const { integrations, turn } = await readTurn(deps, lease);
    if (!turn) return;
    const { question, bot, channel, conversation } = turn;
    if (question.reply_number) {
      const reply = await storedReply(deps, turn, question.reply_number);
      return deliver(deps, turn, reply, signal);
    }
    const erased = question.metadata["erased"] === true;
    if (erased || bot.status !== "active" || !isOpen(channel)) {
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
      const handled = await deps.replies.setDelivery(
        lease,
        question,
        reply,
        delivery,
        work.last_inbound,
        now,
      );
      return goOn(deps, turn, handled);
    }
    const reply = { ...failedReply(bot, conversation.id, now), delivery };
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
  const found = await nextQuestion(deps, lease, work, bot.settings.context_window);
  if (found) return { integrations, turn: { lease, work, bot, channel, conversation, ...found } };
  const handled = await deps.replies.finish(lease, work.last_inbound, deps.clock());
  if (handled === "more") await wake(deps, lease.ref, deps.clock());
  return { integrations, turn: undefined };
}

/** The first message beyond what was dealt with that is to be answered, and the last `window` rows up to it. */
async function nextQuestion(
  { conversations }: AnswerDeps,
  { ref }: Lease,
  { handled, last_inbound }: ConversationWork,
  window: number,
): Promise<Pick<Turn, "question" | "rows"> | undefined> {
  const id = ref.kind === "conversation" ? ref.conversation_id : "";
  let to = handled + spareRows;
  const rows = await conversations.range(ref.team_id, id, handled + 2 - window, to);
  const dealtWith = rows.filter(({ number }) => number <= handled);
  let beyond = rows.slice(dealtWith.length);
  for (;;) {
    const question = beyond.find(({ answer }) => answer === true);
    if (question) return { question, rows: [...dealtWith, ...beyond] };
    if (to >= last_inbound) return undefined;
    // Of a long stretch that wants no answer, only its end can be in a history.
    const further = await conversations.range(ref.team_id, id, to + 1, to + pageRows);
    beyond = [...beyond.slice(-window), ...further];
    to += pageRows;
  }
}

async function readHistory(
  { conversations }: AnswerDeps,
  { lease, question, rows, bot }: Turn,
): Promise<StoredMessage[]> {
  const { context_window } = bot.settings;
  const earlier = rows.filter(({ number }) => number < question.number);
  const shown = context_window === 1 ? [] : earlier.slice(1 - context_window);
  const others = await conversations.messages(
    lease.ref.team_id,
    question.conversation_id,
    unreadPartners(shown, rows),
  );
  return historyOf([...rows, ...others], question, context_window);
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

/** The reply that a message points at; one transaction wrote both. */
async function storedReply(
  { conversations }: AnswerDeps,
  { lease, conversation }: Turn,
  number: number,
): Promise<StoredMessage> {
  const reply = await conversations.message(lease.ref.team_id, conversation.id, number);
  if (!reply) throw new Error(`The reply ${number} of ${conversation.id} is gone.`);
  return reply;
}

async function deliver(deps: AnswerDeps, turn: Turn, reply: StoredMessage, signal: AbortSignal) {
  const { lease, question, work } = turn;
  const wait = (reply.send_at ?? 0) - deps.clock();
  if (wait > longestPauseMs) return putOff(deps, lease, reply.send_at ?? 0);
  await pauseFor(deps.timer, wait, signal);
  signal.throwIfAborted();
  const channel = wait > 0 ? await channelNow(deps, turn) : turn.channel;
  const delivery =
    channel && isOpen(channel)
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

const channelNow = async ({ table }: AnswerDeps, { lease, channel }: Turn) =>
  asChannel(await table.get(keys.channel(lease.ref.team_id, channel.bot_id, channel.id)));

/** Tells who waits, and wakes the worker again when there is more to answer. */
async function goOn(deps: AnswerDeps, { lease, conversation }: Turn, handled: Handled) {
  if (handled === "lost") return;
  announce(conversationTopic(conversation.id));
  if (handled === "more") await wake(deps, lease.ref, deps.clock());
}
