/**
 * How long a `Retry-After` asks to wait, in milliseconds: seconds or a date of HTTP (RFC 9110 section 10.2.3);
 * undefined for anything else.
 */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const seconds = plainNumber(value);
  if (seconds !== undefined) return Math.ceil(seconds * 1_000);
  // Without a weekday it is no date of HTTP; `Date.parse` would make a year of a number.
  const date = /^\s*[a-z]{3}/i.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** A number in digits, not negative; undefined for anything else. */
export const plainNumber = (text: string) =>
  /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
