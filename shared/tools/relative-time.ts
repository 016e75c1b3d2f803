import { withoutEnd } from "../runtime/without-end.ts";
import {
  addMonths,
  dateOf,
  type Day,
  dayOf,
  firstOfMonth,
  months,
  readDay,
  weekdayOf,
  weekdays,
} from "./calendar-date.ts";
import { asUtc, type Zone } from "./zoned-time.ts";

/** What an expression means: a day, days from the first to the last, a moment, or the time between two moments. */
export type Meaning =
  | { readonly day: Day }
  | { readonly from: Day; readonly to: Day }
  | { readonly at: number }
  | { readonly since: number; readonly until: number };

/** Where and when an expression is said; moments are unix milliseconds. */
export interface Said {
  readonly now: number;
  readonly today: Day;
  readonly zone: Zone;
}

const alternatives = (names: readonly string[]) =>
  names.map((name) => name.toLowerCase()).join("|");
const unit = "(?:second|sec|minute|min|hour|hr|day|week|fortnight|month|quarter|year)s?";
const amount = `\\d{1,7} ${unit}`;
const amounts = `${amount}(?:(?:, and |, | and | )${amount})*`;
const weekday = alternatives(weekdays);
const which = "last|past|previous|this|current|next|coming|following";

const counting = "zero one two three four five six seven eight nine ten eleven twelve".split(" ");

/**
 * Reads an English expression such as `3 days ago`, `last week`, `next monday at 15:00`, `end of next month` or `march
 * 2026`. Weeks begin on Monday. `last 7 days` ends today, `next 7 days` begins tomorrow; a weekday alone is today or the
 * first one to come. Undefined when it is not understood.
 */
export function readRelativeTime(expression: string, said: Said): Meaning | undefined {
  return expression.length > mostLength ? undefined : read(normal(expression), said);
}

/** The most characters of an expression as it is given. */
export const mostLength = 200;

function normal(expression: string): string {
  return withoutEnd(expression.toLowerCase().replaceAll(/\s+/g, " "), " .!?")
    .trim()
    .replaceAll(/\bthe /g, "")
    .replaceAll(/\b(?:a )?couple of /g, "2 ")
    .replaceAll(new RegExp(`\\b(?:a|an) (?=${unit}\\b)`, "g"), "1 ")
    .replaceAll(new RegExp(`\\b(${counting.join("|")}) (?=${unit}\\b)`, "g"), (_, word: string) => {
      return `${counting.indexOf(word)} `;
    });
}

type Reader = readonly [RegExp, (parts: readonly string[], said: Said) => Meaning | undefined];

const reader = (
  pattern: string,
  means: (parts: readonly string[], said: Said) => Meaning | undefined,
): Reader => [new RegExp(`^(?:${pattern})$`), means];

const onDay = (day: Day | undefined): Meaning | undefined =>
  day === undefined ? undefined : { day };

const readers: readonly Reader[] = [
  reader("now|right now", (_, { now }) => ({ at: now })),
  reader("today", (_, { today }) => ({ day: today })),
  reader("yesterday", (_, { today }) => ({ day: today - 1 })),
  reader("tomorrow", (_, { today }) => ({ day: today + 1 })),
  reader("day before yesterday", (_, { today }) => ({ day: today - 2 })),
  reader("day after tomorrow", (_, { today }) => ({ day: today + 2 })),
  reader("\\d{4}-\\d{1,2}-\\d{1,2}", ([text = ""]) => onDay(readDay(text))),
  reader("(.+) at (.+)", ([, day = "", clock = ""], said) => atClock(read(day, said), clock, said)),
  reader(`in (${amounts})`, ([, much = ""], said) => shiftNow(much, 1, said)),
  reader(`(${amounts}) (?:ago|earlier)`, ([, much = ""], said) => shiftNow(much, -1, said)),
  reader(`(${amounts}) (?:from now|from today|later|ahead)`, ([, much = ""], said) =>
    shiftNow(much, 1, said),
  ),
  reader(`(${amounts}) (before|after|from) (.+)`, ([, much = "", side, base = ""], said) =>
    shift(read(base, said), much, side === "before" ? -1 : 1, said),
  ),
  reader(`(${which}) (\\d{1,7}) (${unit})`, ([, side = "", count, name = ""], said) =>
    lasting(side, Number(count), name, said),
  ),
  reader(`(?:on )?(${weekday})`, ([, name = ""], { today }) => ({
    day: today + ((numberOf(name, weekdays) - weekdayOf(today) + 7) % 7),
  })),
  reader(`(${which}) (${weekday})`, ([, side = "", name = ""], { today }) => {
    const ahead = (numberOf(name, weekdays) - weekdayOf(today) + 7) % 7;
    const step = stepOf(side);
    if (step === 0) return { day: today - weekdayOf(today) + numberOf(name, weekdays) };
    return { day: step > 0 ? today + (ahead || 7) : today + (ahead - 7) };
  }),
  reader(
    `(${weekday}) (?:of )?(${which}) week|(${which}) week(?: on)? (${weekday})`,
    ([, name, side, otherSide, otherName], { today }) => ({
      day:
        mondayOf(today, stepOf(side ?? otherSide ?? "")) +
        numberOf(name ?? otherName ?? "", weekdays),
    }),
  ),
  reader(`(?:(${which}) )?weekend`, ([, side = "this"], { today }) => {
    const saturday = mondayOf(today, stepOf(side)) + 5;
    return { from: saturday, to: saturday + 1 };
  }),
  reader(`(${which}) (${unit})`, ([, side = "", name = ""], said) =>
    timeUnits.has(unitOf(name))
      ? lasting(side, 1, name, said)
      : whole(unitOf(name), stepOf(side), said.today),
  ),
  reader("(week|month|quarter|year)", ([, name = ""], { today }) => whole(name, 0, today)),
  reader("(start|beginning|first day|end|last day) of (.+)", ([, side = "", range = ""], said) => {
    const meaning = read(range, said);
    if (!meaning || !("from" in meaning)) return undefined;
    return { day: /end|last/.test(side) ? meaning.to : meaning.from };
  }),
  reader("(week|month|quarter|year) to date|([wmqy])td", ([, name, letter], { today }) => {
    const found = name ?? ["week", "month", "quarter", "year"].find((known) => known[0] === letter);
    const range = whole(found ?? "", 0, today);
    return range && "from" in range ? { from: range.from, to: today } : undefined;
  }),
  reader(
    `(?:in )?(?:(${which}) )?(${alternatives(months)})(?: (?:of )?(\\d{4}))?`,
    ([, side, name = "", year], { today }) => monthNamed(side, name, year, today),
  ),
  reader("(?:in )?q([1-4])(?: (?:of )?(\\d{4}))?", ([, quarter, year], { today }) => {
    const first = dayOf(Number(year ?? dateOf(today).year), Number(quarter) * 3 - 2, 1);
    return first === undefined ? undefined : { from: first, to: firstOfMonth(first, 3) - 1 };
  }),
  reader("(?:in )?(\\d{4})", ([, year]) => {
    const first = dayOf(Number(year), 1, 1);
    return first === undefined ? undefined : { from: first, to: firstOfMonth(first, 12) - 1 };
  }),
];

function read(text: string, said: Said): Meaning | undefined {
  // A deep nesting of `1 day after 1 day after …` is no expression that anybody means.
  if (text.length > 120) return undefined;
  for (const [pattern, means] of readers) {
    const parts = pattern.exec(text);
    const meaning = parts && means(parts, said);
    if (meaning) return meaning;
  }
  return undefined;
}

const numberOf = (name: string, names: readonly string[]) =>
  names.findIndex((known) => known.toLowerCase() === name);

const stepOf = (side: string) =>
  /last|past|previous/.test(side) ? -1 : /this|current/.test(side) ? 0 : 1;

const mondayOf = (today: Day, weeks: number) => today - weekdayOf(today) + 7 * weeks;

const unitOf = (name: string) =>
  name
    .replace(/s$/, "")
    .replace(/^(sec|min)$/, "$1")
    .replace(/^hr$/, "hour");

const timeUnits = new Map([
  ["sec", 1_000],
  ["second", 1_000],
  ["min", 60_000],
  ["minute", 60_000],
  ["hour", 3_600_000],
]);
const dayUnits = new Map([
  ["day", 1],
  ["week", 7],
  ["fortnight", 14],
]);
const monthUnits = new Map([
  ["month", 1],
  ["quarter", 3],
  ["year", 12],
]);

interface Sum {
  readonly months: number;
  readonly days: number;
  readonly ms: number;
}

function sumOf(much: string, sign: number): Sum {
  const sum = { months: 0, days: 0, ms: 0 };
  for (const [, count, name = ""] of much.matchAll(new RegExp(`(\\d+) (${unit})`, "g"))) {
    const by = Number(count) * sign;
    sum.months += by * (monthUnits.get(unitOf(name)) ?? 0);
    sum.days += by * (dayUnits.get(unitOf(name)) ?? 0);
    sum.ms += by * (timeUnits.get(unitOf(name)) ?? 0);
  }
  return sum;
}

const hasTime = (much: string) =>
  [...much.matchAll(new RegExp(unit, "g"))].some(([name]) => timeUnits.has(unitOf(name)));

const shiftNow = (much: string, sign: number, said: Said) =>
  shift(hasTime(much) ? { at: said.now } : { day: said.today }, much, sign, said);

function shift(base: Meaning | undefined, much: string, sign: number, said: Said) {
  const sum = sumOf(much, sign);
  if (!base) return undefined;
  if ("at" in base) return { at: shiftMoment(base.at, sum, said.zone) };
  if (hasTime(much)) return undefined;
  if ("day" in base) return { day: addMonths(base.day, sum.months) + sum.days };
  if (!("from" in base)) return undefined;
  return { day: addMonths(sign < 0 ? base.from : base.to, sum.months) + sum.days };
}

/** Months and days keep what the clock shows; hours and less are counted. */
function shiftMoment(at: number, sum: Sum, zone: Zone): number {
  if ((sum.months === 0 && sum.days === 0) || !Number.isFinite(at)) return at + sum.ms;
  const wall = zone.wallAt(at);
  const day = asUtc({ ...wall, hour: 0, minute: 0, second: 0 }) / 86_400_000;
  const { hour, minute, second } = wall;
  const moved = { ...dateOf(addMonths(day, sum.months) + sum.days), hour, minute, second };
  return zone.momentOf(moved).unixMs + sum.ms;
}

function lasting(side: string, count: number, name: string, { now, today }: Said) {
  const kind = unitOf(name);
  const step = stepOf(side);
  if (step === 0 || count === 0) return undefined;
  const ms = timeUnits.get(kind);
  if (ms !== undefined) {
    return step < 0
      ? { since: now - count * ms, until: now }
      : { since: now, until: now + count * ms };
  }
  const far = (sign: number) =>
    addMonths(today, sign * count * (monthUnits.get(kind) ?? 0)) +
    sign * count * (dayUnits.get(kind) ?? 0);
  return step < 0 ? { from: far(-1) + 1, to: today } : { from: today + 1, to: far(1) };
}

/** The week, month, quarter or year that is so many after the one of today. */
function whole(kind: string, step: number, today: Day): Meaning | undefined {
  if (kind === "day") return { day: today + step };
  if (kind === "week") {
    const monday = mondayOf(today, step);
    return { from: monday, to: monday + 6 };
  }
  const length = monthUnits.get(kind);
  if (length === undefined) return undefined;
  const first = firstOfMonth(today, -((dateOf(today).month - 1) % length) + step * length);
  return { from: first, to: firstOfMonth(first, length) - 1 };
}

/** Without a year: this year's; `last` and `next`: the nearest one that is over, or that has not begun. */
function monthNamed(
  side: string | undefined,
  name: string,
  year: string | undefined,
  today: Day,
): Meaning | undefined {
  const month = numberOf(name, months) + 1;
  const current = dateOf(today);
  if (side !== undefined && year !== undefined) return undefined;
  const step = side === undefined ? 0 : stepOf(side);
  const isHere = step < 0 ? month < current.month : step > 0 ? month > current.month : true;
  const first = dayOf(Number(year ?? current.year + (isHere ? 0 : step)), month, 1);
  return first === undefined ? undefined : { from: first, to: firstOfMonth(first, 1) - 1 };
}

function atClock(meaning: Meaning | undefined, text: string, { zone }: Said): Meaning | undefined {
  const clock = readClock(text);
  if (!clock || !meaning || !("day" in meaning)) return undefined;
  return { at: zone.momentOf({ ...dateOf(meaning.day), ...clock }).unixMs };
}

/** Reads `15:00`, `15:00:30`, `9`, `3pm`, `3:30 pm`, `noon` and `midnight`; undefined for other text. */
export function readClock(
  text: string,
): { readonly hour: number; readonly minute: number; readonly second: number } | undefined {
  if (text === "noon") return { hour: 12, minute: 0, second: 0 };
  if (text === "midnight") return { hour: 0, minute: 0, second: 0 };
  const found = /^(\d{1,2})(?::(\d{2})(?::(\d{2}))?)? ?(am|pm)?$/i.exec(text);
  if (!found) return undefined;
  const [, hours, minutes, seconds, half] = found;
  const [hour, minute, second] = [Number(hours), Number(minutes ?? 0), Number(seconds ?? 0)];
  if (minute > 59 || second > 59) return undefined;
  if (half === undefined) return hour > 23 ? undefined : { hour, minute, second };
  if (hour < 1 || hour > 12) return undefined;
  return { hour: (hour % 12) + (half.toLowerCase() === "pm" ? 12 : 0), minute, second };
}
