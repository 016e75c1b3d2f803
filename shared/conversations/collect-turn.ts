import type { StoredMessage } from "./message.ts";
import type { Turn } from "./turn.ts";

/** A turn ends so long after its first message, so that who never pauses is answered too. */
export const longestTurnMs = 60_000;
/**
 * A turn has so many messages at most: twice a platform's largest album. One transaction writes the reply and all of
 * them; were each as long as a message may be, it would take the 1,000 write units that a partition has in a second.
 */
export const mostOfTurn = 20;

/** How long after a message of an album another one may come. */
export const albumMs = 1_000;

/**
 * The next turn among messages in their order: the first that wants a reply, and those of the same user that follow it
 * within `collect_ms` each, or belong to the same album. Whatever else is said in between ends it, by another user or not
 * to be answered.
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
  const isAlone = collect_ms === 0 && first.album_id === undefined;
  // A reply that is stored says itself which turn it ends.
  if (isAlone || first.reply_number !== undefined) return { question, earlier, open_until: 0 };
  const end = saidAt(first) + longestTurnMs;
  const until = (ms: number) =>
    ms > 0 && earlier.length + 1 < mostOfTurn ? Math.min(saidAt(question) + ms, end) : 0;
  const isOfTurn = (message: StoredMessage) =>
    message.user?.id === first.user?.id &&
    (isOfAlbum(message, question)
      ? earlier.length + 1 < mostOfTurn
      : wantsReply(message) && saidAt(message) <= until(collect_ms));
  for (const message of messages.slice(start + 1)) {
    if (message.role === "assistant") continue;
    if (!isOfTurn(message)) return { question, earlier, open_until: 0 };
    earlier.push(question);
    question = message;
  }
  const open_until = until(
    question.album_id === undefined ? collect_ms : Math.max(collect_ms, albumMs),
  );
  return { question, earlier, open_until };
}

/** Whether a message goes on with the album of another one. In a group only one of an album mentions the bot. */
const isOfAlbum = ({ album_id, reply_number }: StoredMessage, other: StoredMessage) =>
  album_id !== undefined && album_id === other.album_id && reply_number === undefined;

/** Whether a message has not been dealt with; one that was erased, or left unanswered, has. */
const wantsReply = ({ answer, reply_number }: StoredMessage) =>
  answer === true && reply_number !== 0;

const saidAt = ({ created_at }: StoredMessage) => Date.parse(created_at);
