import type { StoredMessage } from "./message.ts";
import type { Turn } from "./turn.ts";

/** A turn ends so long after its first message, so that who never pauses is answered too. */
export const longestTurnMs = 60_000;
/**
 * A turn has so many messages at most: twice a platform's largest album. One transaction writes the reply and all of
 * them; were each as long as a message may be, it would take the 1,000 write units that a partition has in a second.
 */
export const mostOfTurn = 20;

/**
 * The next turn among messages in their order: the first that wants a reply, and those of the same user that follow it
 * within `collect_ms` each. Whatever else is said in between ends it, by another user or not to be answered.
 */
export function collectTurn(
  messages: readonly StoredMessage[],
  collect_ms: number,
): Pick<Turn, "question" | "earlier" | "open_until"> | undefined {
  const start = messages.findIndex(wantsReply);
  const first = messages[start];
  if (!first) return undefined;
  const earlier: StoredMessage[] = [];
  let question = first;
  // A reply that is stored says itself which turn it ends.
  if (collect_ms === 0 || first.reply_number !== undefined) {
    return { question, earlier, open_until: 0 };
  }
  const end = saidAt(first) + longestTurnMs;
  const openUntil = () =>
    earlier.length + 1 < mostOfTurn ? Math.min(saidAt(question) + collect_ms, end) : 0;
  for (const message of messages.slice(start + 1)) {
    if (message.role === "assistant") continue;
    const isOfTurn =
      wantsReply(message) && message.user?.id === first.user?.id && saidAt(message) <= openUntil();
    if (!isOfTurn) return { question, earlier, open_until: 0 };
    earlier.push(question);
    question = message;
  }
  return { question, earlier, open_until: openUntil() };
}

/** Whether a message has not been dealt with; one that was erased, or left unanswered, has. */
const wantsReply = ({ answer, reply_number }: StoredMessage) =>
  answer === true && reply_number !== 0;

const saidAt = ({ created_at }: StoredMessage) => Date.parse(created_at);
