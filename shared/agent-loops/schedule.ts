import { Cron } from "croner";
import type { Schedule } from "./agent-loop.ts";

const cronOf = ({ cron, timezone }: Extract<Schedule, { cron: string }>) =>
  new Cron(cron, { timezone, mode: "5-part", paused: true });

const isTimezone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

/** What is wrong with a schedule: the field below it, and a sentence; undefined when it can run. */
export function scheduleProblem(
  schedule: Schedule,
  now: number,
): { readonly field: string; readonly message: string } | undefined {
  if (!("cron" in schedule)) return undefined;
  if (!isTimezone(schedule.timezone)) {
    return { field: "timezone", message: "Is no IANA time zone, such as Europe/Berlin." };
  }
  if (schedule.cron.trim().split(/\s+/).length !== 5) {
    return {
      field: "cron",
      message: "Must have five fields: minute, hour, day of month, month, day of week.",
    };
  }
  try {
    return cronOf(schedule).nextRun(new Date(now))
      ? undefined
      : { field: "cron", message: "Never fires. Check day and month." };
  } catch {
    return { field: "cron", message: "Cannot be read. Write five fields, as in 0 9 * * 1-5." };
  }
}

/** The first due time after a time, unix milliseconds. Intervals count from `anchor`, when they were saved. */
export function nextDue(schedule: Schedule, anchor: number, after: number): number | undefined {
  if ("cron" in schedule) return cronOf(schedule).nextRun(new Date(after))?.getTime();
  const every = schedule.every_minutes * 60_000;
  return anchor + (Math.floor((after - anchor) / every) + 1) * every;
}
