import { Cron } from "croner";
import { asUtc, findZone, type Zone } from "../tools/zoned-time.ts";
import type { Schedule } from "./schedule-config.ts";

/** Offsets such as `+05:30` are no names, though JavaScript takes them. */
const zoneOf = (name: string) => (/^[A-Za-z]/.test(name) ? findZone(name) : undefined);

/** What is wrong with a schedule: the field below it, and a sentence; undefined when it can run. */
export function scheduleProblem(
  schedule: Schedule,
  now: number,
): { readonly field: string; readonly message: string } | undefined {
  if (!("cron" in schedule)) return undefined;
  if (!zoneOf(schedule.timezone)) {
    return { field: "timezone", message: "Is no IANA time zone, such as Europe/Berlin." };
  }
  if (schedule.cron.trim().split(/\s+/).length !== 5) {
    return {
      field: "cron",
      message: "Must have five fields: minute, hour, day of month, month, day of week.",
    };
  }
  try {
    return nextOfCron(schedule, now) !== undefined
      ? undefined
      : { field: "cron", message: "Never fires. Check day and month." };
  } catch {
    return { field: "cron", message: "Cannot be read. Write five fields, as in 0 9 * * 1-5." };
  }
}

/** The first due time after a time, unix milliseconds. Intervals count from `anchor`, when they were saved. */
export function nextDue(schedule: Schedule, anchor: number, after: number): number | undefined {
  if ("cron" in schedule) return nextOfCron(schedule, after);
  const every = schedule.every_minutes * 60_000;
  return anchor + (Math.floor((after - anchor) / every) + 1) * every;
}

/**
 * Walks over the times that a clock on the wall shows, as if there were no change of clocks, and gives the moment of the
 * first that is to come. Times that the clocks skip have theirs when the clocks go on; those that come twice, the first.
 */
function nextOfCron(
  { cron, timezone }: Extract<Schedule, { cron: string }>,
  after: number,
): number | undefined {
  const zone = zoneOf(timezone);
  if (!zone) throw new Error(`There is no time zone ${timezone}.`);
  const times = new Cron(cron, { timezone: "UTC", mode: "5-part", paused: true });
  let shown = new Date(shownAt(zone, after));
  for (;;) {
    const next = times.nextRun(shown);
    if (!next) return undefined;
    const moment = momentOf(zone, next);
    if (moment > after) return moment;
    shown = next;
  }
}

/** What a clock there shows, as the unix milliseconds at which one in UTC shows it. */
const shownAt = (zone: Zone, unixMs: number) => asUtc(zone.wallAt(unixMs));

function momentOf(zone: Zone, shown: Date): number {
  const { unixMs, how } = zone.momentOf({
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
    second: 0,
  });
  return how === "skipped" ? changeOfClocks(zone, shown.getTime(), unixMs) : unixMs;
}

/** The moment at which the clocks skip a time: the first at which they show a later one. Halving finds it. */
function changeOfClocks(zone: Zone, skipped: number, late: number): number {
  // At `late` they have skipped it, and by as much as they show too much then.
  let [before, after] = [late - (shownAt(zone, late) - skipped), late];
  while (after - before > 1_000) {
    const middle = before + Math.floor((after - before) / 2_000) * 1_000;
    if (shownAt(zone, middle) > skipped) after = middle;
    else before = middle;
  }
  return after;
}
