/** A time in which a bot or a channel may have been closed, and surely was; unix milliseconds. */
export interface Closed {
  readonly what: "bot" | "channel" | "token";
  readonly from: number;
  surelyFrom: number;
  surelyUntil: number;
  until: number;
}

/** Begins a time whose closing is under way. */
export const closing = (what: Closed["what"], now: number): Closed => ({
  what,
  from: now,
  surelyFrom: Infinity,
  surelyUntil: Infinity,
  until: Infinity,
});

interface Span {
  readonly from: number;
  readonly until: number;
}

/** Whether the bot or the channel was closed all the time while a message was sent. */
export const wasClosed = (closed: readonly Closed[], { from, until }: Span) =>
  closed.some((one) => one.surelyFrom <= from && one.surelyUntil >= until);

/** Whether the bot or the channel may have been closed at some time in between. */
export const maybeClosed = (closed: readonly Closed[], from = 0, until = 0, what?: "channel") =>
  closed.some(
    (one) => one.from <= until && one.until >= from && (what === undefined || one.what === what),
  );
