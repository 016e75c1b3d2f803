import { plainNumber } from "../../outbound/retry-after.ts";
import { BoundedMap } from "../../runtime/bounded-map.ts";
import type { PlatformAnswer } from "../call-platform.ts";

/** What a call counts against. */
interface Counted {
  /** Whose calls they are, and where. */
  readonly account: string;
  /** The method and the path without what the limit is counted for. */
  readonly route: string;
  /** A channel, or the token of a command. */
  readonly counted_for: string;
  /** Whether it counts against the limit over all routes too; commands are answered outside of that. */
  readonly is_of_bot: boolean;
}

// Several routes may share a limit, which Discord names in its answers. Who has forgotten it finds out by one call.
const limitOf = new BoundedMap<string, string>(10_000);
const closedUntil = new BoundedMap<string, number>(10_000);

const limitName = ({ account, route, counted_for }: Counted) =>
  `${account} ${limitOf.get(`${account} ${route}`) ?? route} ${counted_for}`;

/** How long such a call has to wait, as far as this process knows; 0 when it may be made. */
export function pauseBefore(counted: Counted, now: number): number {
  const names = [limitName(counted), ...(counted.is_of_bot ? [counted.account] : [])];
  return Math.max(0, ...names.map((name) => (closedUntil.get(name) ?? 0) - now));
}

/** Keeps what an answer says of the limit that its call counted against. */
export function noteLimits(counted: Counted, answer: PlatformAnswer, now: number): void {
  const { status, headers, fields } = answer;
  const name = headers["x-ratelimit-bucket"];
  if (name !== undefined) limitOf.set(`${counted.account} ${counted.route}`, name);
  const isOver = status === 429;
  const isLast = headers["x-ratelimit-remaining"] === "0";
  const pause = isOver ? pauseOf(answer) : isLast ? inMs(headers["x-ratelimit-reset-after"]) : 0;
  const isOfAll = isOver && fields["global"] === true && counted.is_of_bot;
  if (pause) closedUntil.set(isOfAll ? counted.account : limitName(counted), now + pause);
}

/** How long a refused call has to wait, in milliseconds; undefined where Discord does not say. */
export const pauseOf = ({ headers, fields: { retry_after } }: PlatformAnswer) =>
  inMs(typeof retry_after === "number" ? String(retry_after) : headers["retry-after"]);

/** Seconds as Discord writes them, with a fraction. */
function inMs(seconds: string | undefined): number | undefined {
  const read = seconds === undefined ? undefined : plainNumber(seconds);
  return read === undefined ? undefined : Math.ceil(read * 1_000);
}
