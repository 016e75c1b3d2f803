import { asBot } from "../bots/bot-store.ts";
import { asChannel } from "../channels/channel-store.ts";
import type { IntegrationStore } from "../integrations/integration-store.ts";
import { keys } from "../table/keys.ts";
import type { Lease } from "../work/lease.ts";
import type { WorkDeps } from "../work/work-on.ts";
import { collectTurn } from "./collect-turn.ts";
import { asConversation, type ConversationStore } from "./conversation-store.ts";
import { asConversationWork, type ConversationWork } from "./conversation-work.ts";
import { historyOf } from "./history.ts";
import type { StoredMessage } from "./message.ts";
import type { Handled, ReplyStore } from "./reply-store.ts";
import type { Turn } from "./turn.ts";

/** Rows read beyond the last message that was dealt with; the next one is nearly always among them. */
const spareRows = 10;
/** Rows read at once when it is not. */
const pageRows = 100;

/**
 * Reads the next turn of a claimed conversation, in three calls; or ends its work, when there is none, and tells how.
 * The rows of a history are left for later when the bot counts as slow, since its turn may wait for a place first.
 */
export async function readTurn(
  deps: ReadTurnDeps,
  lease: Lease<"conversation">,
): Promise<Turn | Handled> {
  const { team_id, conversation_id } = lease.ref;
  const work = asConversationWork(lease.item);
  const integrations = deps.integrations.list(team_id, work.bot_id);
  // Awaited later; a failure must not count as unhandled meanwhile.
  integrations.catch(() => {});
  const [botRow, channelRow, headRow] = await deps.table.batchGet([
    keys.bot(team_id, work.bot_id),
    keys.channel(team_id, work.bot_id, work.channel_id),
    keys.conversation(team_id, conversation_id),
  ]);
  const bot = asBot(botRow);
  const channel = asChannel(channelRow);
  const conversation = asConversation(headRow);
  if (!bot || !channel || !conversation) {
    // It is being erased: nobody waits for an answer.
    const handled = await deps.replies.finish(lease, work.last_inbound, deps.clock());
    return handled === "more" ? "finished" : handled;
  }
  const read_at = deps.clock();
  const isSlow = (bot.slow_until ?? 0) > read_at;
  const { context_window, conversation: rules } = bot.settings;
  const found = await nextTurn(deps, lease, work, {
    window: isSlow ? 1 : context_window,
    collect_ms: rules.collect_ms,
  });
  if (!found) return deps.replies.finish(lease, work.last_inbound, deps.clock());
  const temporary = {
    list: work.temporary_messages ?? [],
    settled: Promise.resolve(),
    isAnswered: false,
  };
  return { lease, work, bot, channel, conversation, integrations, temporary, read_at, ...found };
}

export interface ReadTurnDeps extends WorkDeps {
  readonly conversations: ConversationStore;
  readonly integrations: IntegrationStore;
  readonly replies: ReplyStore;
}

/** What is to be answered next beyond what was dealt with, and the last `window` rows up to it. */
async function nextTurn(
  { conversations }: ReadTurnDeps,
  { ref: { team_id, conversation_id: id } }: Lease<"conversation">,
  { handled, last_inbound }: ConversationWork,
  { window, collect_ms }: { readonly window: number; readonly collect_ms: number },
): Promise<Pick<Turn, "question" | "earlier" | "open_until" | "rows"> | undefined> {
  let to = handled + spareRows;
  const rows = await conversations.range(team_id, id, handled + 2 - window, to);
  const dealtWith = rows.filter(({ number }) => number <= handled);
  let beyond = rows.slice(dealtWith.length);
  for (;;) {
    const turn = collectTurn(beyond, collect_ms);
    // Numbers are dense: without the last row that was asked for, all have been read.
    const isWhole = turn?.open_until === 0 || (beyond.at(-1)?.number ?? 0) < to;
    if (turn && isWhole) return { ...turn, rows: [...dealtWith, ...beyond] };
    if (!turn && to >= last_inbound) return undefined;
    // Of a long stretch that wants no answer, only its end can be in a history.
    const further = await conversations.range(team_id, id, to + 1, to + pageRows);
    beyond = [...(turn ? beyond : beyond.slice(-window)), ...further];
    to += pageRows;
  }
}

/**
 * The messages that a backend is shown for a turn, which is shown whole. What was read with the turn is nearly always
 * enough; after a burst there are at most so many further reads as messages are shown, however long the burst was. Where
 * a great deal was erased, fewer messages are shown instead.
 */
export async function readHistory(
  { conversations }: ReadTurnDeps,
  { lease, question, earlier, rows, bot }: Turn,
): Promise<StoredMessage[]> {
  const { team_id } = lease.ref;
  const id = question.conversation_id;
  const known = new Map<number, StoredMessage | null>(rows.map((row) => [row.number, row]));
  const window = Math.max(bot.settings.context_window, earlier.length + 1);
  let oldest = 1;
  for (let reads = 1; ; reads++) {
    const history = historyOf(known, question, window, oldest);
    if ("messages" in history) return history.messages;
    const { numbers, range } = history.unread;
    if (range && reads >= window) oldest = range.from;
    const [replies, places] = await Promise.all([
      conversations.messages(team_id, id, numbers),
      range ? conversations.range(team_id, id, range.from, range.to) : [],
    ]);
    // What is not there is not asked for again.
    const asked = range ? [...numbers, range.to] : numbers;
    for (const number of asked) known.set(number, null);
    for (const row of [...replies, ...places]) known.set(row.number, row);
  }
}
