import { backendsOf } from "../bots/bot-store.ts";
import { announce } from "../runtime/announce.ts";
import { describeError, log } from "../runtime/log.ts";
import { waitUntil } from "../work/end-lease.ts";
import type { Lease } from "../work/lease.ts";
import { wake } from "../work/wake.ts";
import type { Work } from "../work/work-on.ts";
import { askBackends, type AskDeps, failedReply, type GivenReply } from "./ask-backends.ts";
import { longestTurnMs } from "./collect-turn.ts";
import { conversationTopic } from "./conversation-topic.ts";
import { deliverReply, isOpen, ours, storedReply, storeReply } from "./deliver-reply.ts";
import { fetchFiles, type FetchFilesDeps } from "./fetch-files.ts";
import { lookUpUser } from "./look-up-user.ts";
import type { StoredMessage, User } from "./message.ts";
import { readHistory, readTurn, type ReadTurnDeps } from "./read-turn.ts";
import type { Handled } from "./reply-store.ts";
import type { Watched } from "./send-reply.ts";
import { whileTyping } from "./show-typing.ts";
import { takeBack, takeBackErased } from "./temporary-message.ts";
import type { Turn } from "./turn.ts";
import { openTurnFiles } from "./turn-files.ts";

/** All backends of one turn together get this long. */
const chainMs = 240_000;
/** Somebody waits: who is turned away waits no longer for another try. */
const longestPauseMs = 60_000;

/** The inbound worker's part: answers the next turn of a claimed conversation. */
export const answerConversation = (deps: AnswerDeps, deadline: number): Work<"conversation"> => ({
  run: async (lease, signal, pace) => {
    const watched = { signal, pace };
    pace.tryAgainBy(deps.clock() + longestPauseMs);
    // What it wanted when it was turned away.
    pace.hold(0);
    const turn = await readTurn(deps, lease);
    if (typeof turn === "string") return goOn(deps, lease, turn, watched);
    const handled = await answerSettled(deps, turn, deadline, watched);
    await goOn(deps, lease, handled, watched);
  },

  giveUp: async (lease) => {
    const turn = await readTurn(deps, lease);
    const handled = typeof turn === "string" ? turn : await failReply(deps, turn);
    await goOn(deps, lease, handled, unwatched);
  },
});

/** Of work that is given up. Its calls have a time of their own. */
const unwatched: Watched = {
  signal: new AbortController().signal,
  pace: { watch: (_, act) => act(), tryAgainBy: () => {}, whole: (act) => act(), hold: () => {} },
};

export interface AnswerDeps extends AskDeps, ReadTurnDeps, FetchFilesDeps {}

/** Answers a turn; what was posted meanwhile is written down when this ends, or taken back, however it does. */
async function answerSettled(deps: AnswerDeps, turn: Turn, deadline: number, watched: Watched) {
  let handled: Handled | "waits" = "lost";
  try {
    handled = await answer(deps, turn, deadline, watched);
    return handled;
  } finally {
    await turn.temporary.settled;
    // Also where the work was ended because it is no longer there, so not under its signal.
    if (handled === "lost") await takeBackErased(deps, turn, unwatched);
  }
}

async function answer(
  deps: AnswerDeps,
  turn: Turn,
  deadline: number,
  { signal, pace }: Watched,
): Promise<Handled | "waits"> {
  const { lease, question, bot, channel } = turn;
  if (question.reply_number) {
    const reply = await storedReply(deps, turn, question.reply_number);
    return deliverReply(deps, turn, reply, { signal, pace });
  }
  if (bot.status !== "active" || !isOpen(channel)) {
    return deps.replies.leaveUnanswered(turn, deps.clock());
  }
  // What it has waited for is over, though the clock may be a moment behind. What was read earlier may lack a message.
  const left = turn.open_until - Math.max(turn.read_at, lease.item.not_before ?? 0);
  // No turn is open for longer: then its messages were dated by a clock that has since been set back.
  if (left > 0 && left <= longestTurnMs) {
    await waitUntil(deps, lease, turn.open_until);
    return "waits";
  }
  const made = await pace.watch(backendsOf(lease.ref.team_id, bot), async () => {
    const history = await readHistory(deps, turn);
    pace.hold(Buffer.byteLength(JSON.stringify(history)));
    return whileTyping(deps, turn, { signal, pace }, () =>
      makeReply(deps, turn, history, { deadline, signal }),
    );
  });
  signal.throwIfAborted();
  if ("instead" in made) {
    await turn.temporary.settled;
    return made.instead();
  }
  const [handled] = await Promise.all([
    storeReply(deps, { ...turn, user: made.user }, made.reply, { signal, pace }),
    noteAnswer(deps, lease, made.answered),
  ]);
  return handled;
}

/** Notes beside the storing of its reply that a backend works; never throws, for the next answer notes it as well. */
async function noteAnswer(
  { integrations, clock }: AnswerDeps,
  { ref: { team_id } }: Lease<"conversation">,
  answered: GivenReply["answered"],
): Promise<void> {
  if (!answered) return;
  try {
    await integrations.noteAnswer(team_id, answered, clock());
  } catch (error) {
    log("warn", "health_not_shown", describeError(error));
  }
}

/** A reply with who is answered, where only the platform knew that; or what is done instead of answering. */
type Made =
  | (GivenReply & { readonly user: User | undefined })
  | { readonly instead: () => Promise<Handled | "waits"> };

/** Has a reply made to what was said, with its files. */
async function makeReply(
  deps: AnswerDeps,
  turn: Turn,
  said: readonly StoredMessage[],
  { deadline, signal }: { readonly deadline: number; readonly signal: AbortSignal },
): Promise<Made> {
  const [user, fetched] = await Promise.all([
    lookUpUser(deps, turn, signal),
    fetchFiles(deps, turn, said, signal),
  ]);
  if ("instead" in fetched) return fetched;
  const { history } = fetched;
  const { lease, bot, conversation } = turn;
  const question = history.at(-1) ?? turn.question;
  const limits = { deadline: Math.min(deadline, deps.clock() + chainMs), signal };
  const integrations = await turn.integrations;
  const files = openTurnFiles(deps, lease.ref.team_id, history);
  const { open: openFiles } = files;
  const asked = { bot, conversation, integrations, history, question, user, openFiles };
  try {
    const given = await askBackends(deps, lease, asked, limits);
    return given === "lost" ? { instead: async () => given } : { ...given, user };
  } finally {
    files.close();
  }
}

/** The reply of a turn that cannot be answered is stored and not sent, so that the conversation goes on. */
async function failReply(deps: AnswerDeps, turn: Turn): Promise<Handled> {
  const { question, bot, conversation } = turn;
  const error = ours("refused", "not_answered", "The message could not be answered.");
  const delivery = { status: "failed", error } as const;
  const now = deps.clock();
  if (question.reply_number) {
    const reply = await storedReply(deps, turn, question.reply_number);
    return deps.replies.setDelivery(turn, reply, delivery, now);
  }
  const reply = { ...failedReply(bot, conversation.id, now), delivery };
  return deps.replies.putDelivered(turn, reply, now);
}

/** Tells who waits, takes back what stood in for the answer, and wakes the worker again when there is more to answer. */
async function goOn(
  deps: AnswerDeps,
  lease: Lease<"conversation">,
  handled: Handled | "waits",
  watched: Watched,
): Promise<void> {
  if (handled === "lost" || handled === "waits") return;
  announce(conversationTopic(lease.ref.conversation_id));
  const ended = handled === "held" ? await takeBack(deps, lease, watched) : handled;
  if (ended === "more") await wake(deps, lease.ref, deps.clock());
}
