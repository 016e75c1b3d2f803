import { type Clock, isoTime } from "../runtime/clock.ts";
import { firstUnits } from "../runtime/first-units.ts";
import { argumentsReader } from "./arguments-problem.ts";
import { type BuiltTool, errorResult, textField } from "./built-tool.ts";
import { dateOf, type Day, readDay, weekdayOf, weekdays, writeDay } from "./calendar-date.ts";
import { type Meaning, mostLength, readClock, readRelativeTime } from "./relative-time.ts";
import type { ToolResult } from "./tool-box.ts";
import { asUtc, findZone, type WallTime, type Zone } from "./zoned-time.ts";

const dayMs = 86_400_000;
/** The years 1 to 9999. */
const isWritable = (unixMs: number) =>
  unixMs >= -62_135_596_800_000 && unixMs <= 253_402_214_400_000;

const mostTimeLength = 100;
const mostZoneLength = 64;

const zoneNamed = (description: string) => ({
  type: "string",
  maxLength: mostZoneLength,
  description,
});
const timezone = zoneNamed("An IANA time zone, such as Europe/Berlin; UTC when left out.");

/** The built-in clock and calendar: today, now, relative dates and conversion between time zones. */
export const timeTools = (clock: Clock): readonly BuiltTool[] => [
  timeTool({
    tool: "today",
    description: "Returns today's date and weekday.",
    properties: { timezone },
    run: (args) =>
      withZone(textField(args, "timezone"), (zone) =>
        answer({ ...shownDay(todayIn(zone, clock())), timezone: zone.name }),
      ),
  }),
  timeTool({
    tool: "now",
    description: "Returns the current time, with date and weekday.",
    properties: { timezone },
    run: (args) =>
      withZone(textField(args, "timezone"), (zone) => answer(shownMoment(clock(), zone))),
  }),
  timeTool({
    tool: "relative",
    description:
      "Turns an English expression into a date, a range of dates (first and last day) or a time. Understands, for example: " +
      `${examples}. Weeks begin on Monday; "last 7 days" ends today.`,
    properties: {
      expression: {
        type: "string",
        maxLength: mostLength,
        description: 'Such as "last week" or "3 days ago".',
      },
      timezone,
    },
    required: ["expression"],
    run: (args) =>
      withZone(textField(args, "timezone"), (zone) =>
        relative(textField(args, "expression") ?? "", zone, clock()),
      ),
  }),
  timeTool({
    tool: "convert",
    description: "Converts a time from one time zone to another.",
    properties: {
      time: {
        type: "string",
        maxLength: mostTimeLength,
        description:
          'Such as "2026-03-29T14:30", or "14:30" for today. With an offset or Z, `from` is not needed.',
      },
      from: zoneNamed("The time zone of `time`; UTC when left out."),
      to: zoneNamed("An IANA time zone, such as Asia/Tokyo."),
    },
    required: ["time", "to"],
    run: (args) =>
      withZone(textField(args, "from"), (from) =>
        withZone(textField(args, "to"), (to) =>
          convert(textField(args, "time") ?? "", from, to, clock()),
        ),
      ),
  }),
];

const examples =
  '"tomorrow", "3 days ago", "in 2 hours", "next monday at 15:00", "last week", "last 30 days", "this quarter", ' +
  '"end of next month", "march 2026", "2 weeks after 2026-01-31"';

function timeTool({
  tool,
  description,
  properties,
  required = [],
  run,
}: {
  readonly tool: string;
  readonly description: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly run: (args: unknown) => ToolResult;
}): BuiltTool {
  const schema = { type: "object", properties, required, additionalProperties: false };
  return {
    tool: {
      server: "time",
      tool,
      name: `time_${tool}`,
      description,
      input_schema: schema,
      mayHaveEffects: () => false,
      problemOf: argumentsReader(schema).problemOf,
    },
    run: (args) => Promise.resolve(run(args)),
  };
}

function withZone(name: string | undefined, use: (zone: Zone) => ToolResult): ToolResult {
  const zone = findZone(name ?? "UTC");
  if (zone) return use(zone);
  return errorResult(
    `There is no time zone ${quoted(name)}. Use a name of the IANA database, such as Europe/Berlin or UTC.`,
  );
}

const quoted = (text = "") => JSON.stringify(firstUnits(text, 100));

const answer = (fields: Readonly<Record<string, unknown>>): ToolResult => ({
  text: JSON.stringify(fields),
  is_error: false,
});

const todayIn = (zone: Zone, now: number): Day => Math.floor(asUtc(zone.wallAt(now)) / dayMs);

const shownDay = (day: Day) => ({ date: writeDay(day), weekday: weekdays[weekdayOf(day)] });

const shownMoment = (unixMs: number, zone: Zone) => ({
  time: zone.write(unixMs),
  weekday: weekdays[weekdayOf(todayIn(zone, unixMs))],
  timezone: zone.name,
  utc: isoTime(unixMs),
});

function relative(expression: string, zone: Zone, now: number): ToolResult {
  const meaning = readRelativeTime(expression, { now, today: todayIn(zone, now), zone });
  if (!meaning) {
    return errorResult(
      `${quoted(expression)} is not understood. These are, among others: ${examples}.`,
    );
  }
  const fields = shownMeaning(meaning, zone);
  return fields
    ? answer(fields)
    : errorResult(`${quoted(expression)} is not in the years 1 to 9999.`);
}

function shownMeaning(meaning: Meaning, zone: Zone): Readonly<Record<string, unknown>> | undefined {
  if ("at" in meaning) return isWritable(meaning.at) ? shownMoment(meaning.at, zone) : undefined;
  if ("since" in meaning) {
    const { since, until } = meaning;
    if (!isWritable(since) || !isWritable(until)) return undefined;
    return { from: zone.write(since), to: zone.write(until), timezone: zone.name };
  }
  const days = "day" in meaning ? { date: meaning.day } : { from: meaning.from, to: meaning.to };
  const written = Object.entries(days).map(([name, day]) => [name, writeDay(day)] as const);
  if (written.some(([, date]) => date === undefined)) return undefined;
  return {
    ...Object.fromEntries(written),
    ...("day" in meaning ? { weekday: weekdays[weekdayOf(meaning.day)] } : {}),
    timezone: zone.name,
  };
}

function convert(text: string, from: Zone, to: Zone, now: number): ToolResult {
  const read = readTime(text.trim(), from, now);
  if (!read || !isWritable(read.unixMs)) {
    return errorResult(
      `${quoted(text)} is no time. Write it like 2026-03-29T14:30, 2026-03-29T14:30:00+02:00 or 14:30.`,
    );
  }
  const notes = {
    once: {},
    twice: { note: `Clocks in ${from.name} show this time twice; the first is taken.` },
    skipped: {
      note: `Clocks in ${from.name} skip this time; ${from.write(read.unixMs)} is what they show instead.`,
    },
  };
  return answer({ ...shownMoment(read.unixMs, to), ...notes[read.how] });
}

/** Reads a date with a time, with or without an offset, or a time of today. */
function readTime(text: string, zone: Zone, now: number): ReturnType<Zone["momentOf"]> | undefined {
  if (text.length > mostTimeLength) return undefined;
  // Piece by piece: one regular expression for all of them would try each way to share them out.
  const date = /^\d{4}-\d{1,2}-\d{1,2}(?=[T ]|$)/i.exec(text)?.[0];
  const behindDate = date === undefined ? text : text.slice(date.length).replace(/^[T ]+/i, "");
  const offset = /(?:Z|[+-]\d{2}:?\d{2})$/i.exec(behindDate)?.[0];
  const clockText = behindDate
    .slice(0, behindDate.length - (offset?.length ?? 0))
    .replace(/ $/, "")
    .replace(/\.\d+$/, "");
  const day = date === undefined ? todayIn(zone, now) : readDay(date);
  const clock = date !== undefined && clockText === "" ? midnight : readClock(clockText);
  if (day === undefined || !clock) return undefined;
  const wall: WallTime = { ...dateOf(day), ...clock };
  if (offset === undefined) return zone.momentOf(wall);
  return { unixMs: asUtc(wall) - offsetMs(offset), how: "once" };
}

const midnight = { hour: 0, minute: 0, second: 0 };

function offsetMs(text: string): number {
  if (text.toUpperCase() === "Z") return 0;
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(text) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
