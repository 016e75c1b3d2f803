import { isErased, type StoredMessage } from "./message.ts";

/** What must be read before a history can be told: single messages, and a range of numbers that ends at one of them. */
export interface Unread {
  readonly numbers: readonly number[];
  readonly range: { readonly from: number; readonly to: number } | undefined;
}

/** So many are read at once at least, in case that some were erased. */
const leastRows = 10;

/**
 * What a backend is shown: the last `window` messages up to the one that is next, oldest first, each reply right after
 * the last message that it answers, whatever came in between; the new one last. What was erased is left out, and nothing
 * said before the number `oldest` is looked for. `known` are messages by number; what is missing among them is given
 * back instead, and much of it at once.
 */
export function historyOf(
  known: ReadonlyMap<number, StoredMessage | null>,
  next: StoredMessage,
  window: number,
  oldest = 1,
): { readonly messages: StoredMessage[] } | { readonly unread: Unread } {
  const newestFirst = [next];
  const numbers: number[] = [];
  const left = () => window - newestFirst.length - numbers.length;
  let placed: number | undefined;
  let place = placeBefore(next);
  while (place >= oldest && left() > 0) {
    const message = known.get(place);
    if (message === undefined) {
      const from = Math.max(oldest, place - Math.max(left(), leastRows) + 1);
      return { unread: { numbers, range: { from, to: place } } };
    }
    // Messages of one turn share their reply, which follows the last of them.
    const replyNumber = message?.reply_number === placed ? undefined : message?.reply_number;
    const reply = replyNumber ? known.get(replyNumber) : null;
    if (replyNumber && reply === undefined) numbers.push(replyNumber);
    placed = replyNumber ?? placed;
    // A reply stands where its message does, not where its number is.
    const isHere = message && message.reply_to === undefined;
    newestFirst.push(...[reply, isHere ? message : null].filter(isShown));
    place = message ? placeBefore(message) : place - 1;
  }
  if (numbers.length > 0) return { unread: { numbers, range: undefined } };
  return { messages: newestFirst.slice(0, window).toReversed() };
}

/** The number of the last message before this one that answers none; where it is not written down, it is looked for. */
const placeBefore = ({ number, previous }: StoredMessage) => previous ?? number - 1;

const isShown = (message: StoredMessage | null | undefined): message is StoredMessage =>
  !!message && !isErased(message);
