import { describe, expect, it } from "@jest/globals";
import { nextDue, scheduleProblem } from "#shared/agent-loops/schedule";

const minute = 60_000;

/** The next due times of a cron, as ISO 8601 to the minute. */
function times(cron: string, timezone: string, after: string, count: number) {
  const schedule = { cron, timezone, overlap: "skip" } as const;
  const found: number[] = [];
  for (let last = Date.parse(after); found.length < count;) {
    const next = nextDue(schedule, 0, last);
    if (next === undefined) break;
    found.push((last = next));
  }
  return found.map((time) => new Date(time).toISOString().slice(0, 16));
}

describe("A cron over an hour that the clocks skip", () => {
  // 02:00 is 03:00 in Berlin on 29 March 2026, at 01:00 UTC.
  it.each([
    ["one time", "30 2 * * *"],
    ["the first of the hour", "0 2 * * *"],
    ["a list of minutes", "0,30 2 * * *"],
    ["steps", "*/10 2 * * *"],
    ["a range", "10-40 2 * * *"],
    ["steps of hours", "15 2-2/1 * * *"],
  ])("runs once when the clocks go on: %s", (_, cron) => {
    const [first, second] = times(cron, "Europe/Berlin", "2026-03-28T12:00:00Z", 2);
    expect(first).toBe("2026-03-29T01:00");
    expect(second?.slice(0, 10)).toBe("2026-03-30");
  });

  it("keeps what is due before and after it", () => {
    expect(times("30 1-3 * * *", "Europe/Berlin", "2026-03-28T23:00:00Z", 4)).toEqual([
      "2026-03-29T00:30",
      "2026-03-29T01:00",
      "2026-03-29T01:30",
      "2026-03-29T23:30",
    ]);
    expect(times("0 */2 * * *", "Europe/Berlin", "2026-03-28T23:30:00Z", 2)).toEqual([
      "2026-03-29T01:00",
      "2026-03-29T02:00",
    ]);
  });

  it("is right over midnight, and where less than an hour is skipped", () => {
    // 00:00 is 01:00 in Beirut on 29 March 2026; 02:00 is 02:30 on Lord Howe Island on 4 October 2026.
    expect(times("0,30 0 29 3 *", "Asia/Beirut", "2026-03-01T00:00:00Z", 1)).toEqual([
      "2026-03-28T22:00",
    ]);
    expect(times("0,15,45 2 4 10 *", "Australia/Lord_Howe", "2026-10-01T00:00:00Z", 2)).toEqual([
      "2026-10-03T15:30",
      "2026-10-03T15:45",
    ]);
  });

  it("runs on the day that was skipped, when it goes on", () => {
    // Samoa had no 30 December 2011.
    expect(times("0 12 30 12 *", "Pacific/Apia", "2011-12-28T00:00:00Z", 1)).toEqual([
      "2011-12-30T10:00",
    ]);
  });
});

describe("A cron over an hour that comes twice", () => {
  // 03:00 is 02:00 again in Berlin on 25 October 2026, at 01:00 UTC.
  it.each([
    ["30 2 * * *", ["2026-10-25T00:30", "2026-10-26T01:30"]],
    ["0,30 2 * * *", ["2026-10-25T00:00", "2026-10-25T00:30", "2026-10-26T01:00"]],
    ["30 1-3 * * *", ["2026-10-24T23:30", "2026-10-25T00:30", "2026-10-25T02:30"]],
  ])("runs the first time: %s", (cron, expected) => {
    expect(times(cron, "Europe/Berlin", "2026-10-24T22:45:00Z", expected.length)).toEqual(expected);
  });

  it("does not run when the hour comes again, whenever it is asked", () => {
    const schedule = { cron: "*/20 2 * * *", timezone: "Europe/Berlin", overlap: "skip" } as const;
    for (let after = Date.parse("2026-10-25T00:40:00Z"); after < Date.parse("2026-10-25T02:00Z");) {
      expect(nextDue(schedule, 0, after)).toBe(Date.parse("2026-10-26T01:00:00Z"));
      after += 7 * minute;
    }
  });

  it("is right over midnight", () => {
    // 01:00 is 00:00 again in Havana on 1 November 2026.
    expect(times("30 0 * * *", "America/Havana", "2026-10-31T20:00:00Z", 2)).toEqual([
      "2026-11-01T04:30",
      "2026-11-02T05:30",
    ]);
  });
});

describe("The time zone of a schedule", () => {
  const problemOf = (timezone: string) =>
    scheduleProblem({ cron: "0 9 * * *", timezone, overlap: "skip" }, 0);

  it.each(["Europe/Berlin", "UTC", "Asia/Kolkata", "Asia/Calcutta", "US/Pacific", "Etc/GMT+5"])(
    "may be %s",
    (name) => expect(problemOf(name)).toBeUndefined(),
  );

  it.each(["+05:30", "-08", "+0530", "Mars/Olympus", "", " UTC"])("is not %j", (name) => {
    expect(problemOf(name)).toMatchObject({ field: "timezone" });
  });
});
