import { asUtc, type WallTime, writeDate } from "./zoned-time.ts";

const dayMs = 86_400_000;

/** A day of the Gregorian calendar, as the number of days since 1970-01-01. */
export type Day = number;

/** The day with this date; undefined when the calendar has none, or none within the years 1 to 9999. */
export function dayOf(year: number, month: number, day: number): Day | undefined {
  if (year < 1 || year > 9_999) return undefined;
  const found = asUtc({ ...midnight, year, month, day }) / dayMs;
  const date = dateOf(found);
  return date.year === year && date.month === month && date.day === day ? found : undefined;
}

const midnight = { hour: 0, minute: 0, second: 0 };

/** The date of a day, with a clock at midnight. */
export function dateOf(day: Day): WallTime {
  const date = new Date(day * dayMs);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    ...midnight,
  };
}

/** The same day of another month; its last day when that month is shorter. */
export function addMonths(day: Day, months: number): Day {
  const date = dateOf(day);
  const first = firstOfMonth(day, months);
  const length = firstOfMonth(first, 1) - first;
  return first + Math.min(date.day, length) - 1;
}

/** The first day of the month that is so many months after the day's own. */
export function firstOfMonth(day: Day, months = 0): Day {
  const { year, month } = dateOf(day);
  return new Date(0).setUTCFullYear(year, month - 1 + months, 1) / dayMs;
}

/** 0 is Monday, 6 is Sunday (ISO 8601). */
export const weekdayOf = (day: Day) => (((day + 3) % 7) + 7) % 7;

/** Names of weekdays, Monday first. */
export const weekdays = [
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
  "Sunday",
] as const;

/** Names of months, January first. */
export const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** YYYY-MM-DD; undefined outside the years 1 to 9999. */
export function writeDay(day: Day): string | undefined {
  if (!(day >= -719_162 && day <= 2_932_896)) return undefined;
  return writeDate(dateOf(day));
}

/** Reads YYYY-MM-DD; undefined for other text and for dates that no calendar has. */
export function readDay(text: string): Day | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text) ?? [];
  return year === undefined ? undefined : dayOf(Number(year), Number(month), Number(day));
}
