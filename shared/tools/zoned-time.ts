const dayMs = 86_400_000;
const minuteMs = 60_000;
const mostMs = 8.64e15;

/** A time on a calendar and a clock on the wall, without a place. Months count from 1. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** A time zone of the IANA database. */
export interface Zone {
  readonly name: string;
  readonly wallAt: (unixMs: number) => WallTime;
  /**
   * The moment at which clocks there show this. Of two, the first; a time that the clocks skip counts as the one that
   * they show instead.
   */
  readonly momentOf: (wall: WallTime) => {
    readonly unixMs: number;
    readonly how: "once" | "twice" | "skipped";
  };
  /** ISO 8601 with the offset of that moment. */
  readonly write: (unixMs: number) => string;
}

const found = new Map<string, Zone>();
const mostFound = 100;

/** Finds a time zone by its name, such as `Europe/Berlin`; undefined when there is none. */
export function findZone(name: string): Zone | undefined {
  const known = found.get(name);
  if (known) return known;
  const zone = openZone(name);
  // Opening one takes half a millisecond. Names come from models, in any spelling: not without bound.
  if (found.size >= mostFound) found.clear();
  if (zone) found.set(name, zone);
  return zone;
}

function openZone(name: string): Zone | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return undefined;
  }

  const wallAt = (unixMs: number): WallTime => {
    const parts = new Map(format.formatToParts(unixMs).map(({ type, value }) => [type, value]));
    const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
    return {
      year: part("year"),
      month: part("month"),
      day: part("day"),
      hour: part("hour"),
      minute: part("minute"),
      second: part("second"),
    };
  };
  // Beyond the times that JavaScript knows there is nothing to look up.
  const offsetAt = (unixMs: number) =>
    Math.abs(unixMs) < mostMs ? asUtc(wallAt(unixMs)) - Math.floor(unixMs / 1_000) * 1_000 : 0;

  const momentOf: Zone["momentOf"] = (wall) => {
    const utc = asUtc(wall);
    const before = utc - offsetAt(utc - dayMs);
    const after = utc - offsetAt(utc + dayMs);
    const showing = [...new Set([before, after])].filter((at) => at + offsetAt(at) === utc);
    if (showing.length === 0) return { unixMs: before, how: "skipped" };
    return { unixMs: Math.min(...showing), how: showing.length === 1 ? "once" : "twice" };
  };

  const write = (unixMs: number) => {
    const wall = wallAt(unixMs);
    return `${writeDate(wall)}T${writeClock(wall)}${writeOffset(offsetAt(unixMs))}`;
  };

  return { name: shownName(name, format.resolvedOptions().timeZone), wallAt, momentOf, write };
}

/** As it was asked for. What the system resolves it to may be an older name of the same zone; it only mends the case. */
const shownName = (asked: string, resolved: string) =>
  asked.toLowerCase() === resolved.toLowerCase() ? resolved : asked;

/** What the same figures would be in UTC, in unix milliseconds. */
export function asUtc({ year, month, day, hour, minute, second }: WallTime): number {
  // `Date.UTC` takes years below 100 for years of the last century.
  return (
    new Date(0).setUTCFullYear(year, month - 1, day) + ((hour * 60 + minute) * 60 + second) * 1_000
  );
}

const two = (figure: number) => String(figure).padStart(2, "0");

/** YYYY-MM-DD. */
export const writeDate = ({ year, month, day }: Pick<WallTime, "year" | "month" | "day">) =>
  `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;

const writeClock = ({ hour, minute, second }: WallTime) =>
  `${two(hour)}:${two(minute)}:${two(second)}`;

function writeOffset(offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / minuteMs);
  return `${offsetMs < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
