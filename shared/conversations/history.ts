import type { StoredMessage } from "./message.ts";

/**
 * The numbers of the replies to these messages, and of what these replies answer, that are not among `rows`: while
 * several messages wait, a reply is stored far from its message.
 */
export function unreadPartners(
  messages: readonly StoredMessage[],
  rows: readonly StoredMessage[],
): number[] {
  const read = new Set(rows.map(({ number }) => number));
  return messages
    .map(({ reply_number, reply_to }) => reply_number ?? reply_to ?? 0)
    .filter((number) => number > 0 && !read.has(number));
}

/** Where a message stands in what was said: a reply right after what it answers, whatever came in between. */
const placeOf = ({ number, reply_to }: StoredMessage) => reply_to ?? number;

/**
 * What a backend is shown: the last `window` messages up to the one that is next, oldest first, each reply after its
 * message, the new one last. Of `rows`, in any order, it takes what was said before; what was erased is left out.
 */
export function historyOf(
  rows: readonly StoredMessage[],
  next: StoredMessage,
  window: number,
): StoredMessage[] {
  const earlier = rows
    .filter((row) => placeOf(row) < next.number && row.metadata["erased"] !== true)
    .toSorted((one, other) => placeOf(one) - placeOf(other) || one.number - other.number);
  return [...earlier, next].slice(-window);
}
