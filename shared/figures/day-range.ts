import { invalid } from "../errors/api-error.ts";
import type { DayQuery } from "./day-query.ts";
import { dayOf } from "./figures.ts";

/** Days in UTC, such as `2026-01-31`, both included. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

const mostDays = 90;
const usualDays = 30;
const dayMs = 24 * 60 * 60 * 1_000;

/** The day that comes so many days after another. */
const plusDays = (day: string, days: number) => dayOf(Date.parse(day) + days * dayMs);

/** The days that are asked for at this time (unix milliseconds). Throws a 422 for none and for more than 90. */
export function dayRange({ from, to }: DayQuery, now: number): DayRange {
  const last = to ?? dayOf(now);
  const first = from ?? plusDays(last, 1 - usualDays);
  if (first > last) {
    throw invalid(
      "query.from",
      `Must not be after ${to === undefined ? `today, ${last}` : `to, ${last}`}.`,
    );
  }
  const earliest = plusDays(last, 1 - mostDays);
  if (first < earliest) {
    throw invalid(
      "query.from",
      `Ask for at most ${mostDays} days: from ${earliest} to ${last}, or an earlier to.`,
    );
  }
  return { from: first, to: last };
}

/** Each day of a range, oldest first. */
export function daysIn({ from, to }: DayRange): readonly string[] {
  const length = Math.round((Date.parse(to) - Date.parse(from)) / dayMs) + 1;
  return Array.from({ length }, (_, index) => plusDays(from, index));
}
