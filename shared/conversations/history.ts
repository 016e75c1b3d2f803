import type { StoredMessage } from "./message.ts";

/** The numbers of replies that answer earlier messages but were stored after the one that is next. */
export const laterReplies = (rows: readonly StoredMessage[], next: StoredMessage): number[] =>
  rows.flatMap(({ number, reply_number = 0 }) =>
    number < next.number && reply_number > next.number ? [reply_number] : [],
  );

/**
 * What a backend is shown: the last `window` messages up to the one that is next, each reply after its message,
 * the new one last. `rows` are numbered up to it, `replies` are those of `laterReplies`.
 */
export function historyOf(
  rows: readonly StoredMessage[],
  replies: readonly StoredMessage[],
  next: StoredMessage,
  window: number,
): StoredMessage[] {
  const earlier = rows.filter(({ number }) => number < next.number);
  const byNumber = new Map([...earlier, ...replies].map((row) => [row.number, row]));
  const ordered: StoredMessage[] = [];
  const shown = new Set<number>();
  const show = (row: StoredMessage | undefined) => {
    if (!row || shown.has(row.number)) return;
    shown.add(row.number);
    ordered.push(row);
  };
  // Replies whose message lies before the window stand where their number puts them.
  const answered = new Set(earlier.map(({ reply_number }) => reply_number));
  for (const row of earlier) {
    if (row.role === "assistant" && answered.has(row.number)) continue;
    show(row);
    if (row.reply_number) show(byNumber.get(row.reply_number));
  }
  return [...ordered, next].filter((row) => row.metadata["erased"] !== true).slice(-window);
}
