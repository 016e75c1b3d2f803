import { describe, expect, it } from "@jest/globals";
import { createOpenTools } from "#shared/tools/create-open-tools";

// A Sunday night in UTC, and Monday already in Berlin.
const now = Date.parse("2026-11-22T23:30:00Z");
const { signal } = new AbortController();
const box = await createOpenTools({
  fetch: () => Promise.reject(new Error("Time needs no network.")),
  clock: () => now,
})([{ type: "time" }], signal);
const tool = (name: string) => box.tools.find((known) => known.name === name)!;

async function call(name: string, args: unknown) {
  expect(tool(name).problemOf(args)).toBeUndefined();
  return await box.call(tool(name), args, signal);
}
async function ask(name: string, args: unknown): Promise<Record<string, unknown>> {
  const { text, is_error } = await call(name, args);
  expect({ text, is_error }).toEqual({ text, is_error: false });
  return JSON.parse(text) as Record<string, unknown>;
}
const relative = (expression: string, timezone = "Europe/Berlin") =>
  ask("time_relative", { expression, timezone });

it("takes null for what is not given", async () => {
  expect(await ask("time_now", { timezone: null })).toMatchObject({ timezone: "UTC" });
});

it("has four tools, none of which changes anything", () => {
  expect(box.tools.map(({ name }) => name)).toEqual([
    "time_today",
    "time_now",
    "time_relative",
    "time_convert",
  ]);
  expect(box.tools.some(({ mayHaveEffects }) => mayHaveEffects({}))).toBe(false);
});

it("tells the day and the time in UTC and in other zones", async () => {
  expect(await ask("time_today", {})).toEqual({
    date: "2026-11-22",
    weekday: "Sunday",
    timezone: "UTC",
  });
  expect(await ask("time_today", { timezone: "Europe/Berlin" })).toMatchObject({
    date: "2026-11-23",
    weekday: "Monday",
  });
  expect(await ask("time_now", { timezone: "Asia/Kolkata" })).toEqual({
    time: "2026-11-23T05:00:00+05:30",
    weekday: "Monday",
    timezone: "Asia/Kolkata",
    utc: "2026-11-22T23:30:00.000Z",
  });
});

it.each([
  ["Asia/Calcutta", "Asia/Calcutta"],
  ["Asia/Kathmandu", "Asia/Kathmandu"],
  ["America/Nuuk", "America/Nuuk"],
  ["europe/berlin", "Europe/Berlin"],
  ["utc", "UTC"],
])("calls the zone %s by the name that was asked for", async (timezone, shown) => {
  expect(await ask("time_now", { timezone })).toMatchObject({ timezone: shown });
});

describe("a text that is longer than any time is refused before it is read", () => {
  const endless = 400_000;

  it.each([
    ["time_relative", { expression: `${".".repeat(endless)}x` }],
    ["time_relative", { expression: `${" ".repeat(endless)}x` }],
    ["time_convert", { time: `2026-01-01${"T".repeat(endless)}\n`, to: "UTC" }],
    ["time_convert", { time: `${"1.".repeat(endless)}x`, to: "UTC" }],
    ["time_now", { timezone: "x".repeat(endless) }],
  ])("by the schema and by the tool itself: %s", async (name, args) => {
    expect(tool(name).problemOf(args)).toMatch(/too long/);
    expect(await box.call(tool(name), args, signal)).toMatchObject({ is_error: true });
  });
});

describe("time_relative", () => {
  it.each([
    ["today", "2026-11-23"],
    ["Yesterday", "2026-11-22"],
    ["tomorrow.", "2026-11-24"],
    ["the day before yesterday", "2026-11-21"],
    ["3 days ago", "2026-11-20"],
    ["in  two weeks", "2026-12-07"],
    ["a year and 2 months ago", "2025-09-23"],
    ["3 months from now", "2027-02-23"],
    ["1 month before 2026-03-31", "2026-02-28"],
    ["1 year after 2024-02-29", "2025-02-28"],
    ["2 weeks after next friday", "2026-12-11"],
    ["monday", "2026-11-23"],
    ["next monday", "2026-11-30"],
    ["last monday", "2026-11-16"],
    ["last sunday", "2026-11-22"],
    ["this friday", "2026-11-27"],
    ["on wednesday", "2026-11-25"],
    ["friday of last week", "2026-11-20"],
    ["next week on tuesday", "2026-12-01"],
    ["end of next month", "2026-12-31"],
    ["the last day of the month", "2026-11-30"],
    ["beginning of this quarter", "2026-10-01"],
    ["first day of march 2027", "2027-03-01"],
    ["2028-02-29", "2028-02-29"],
  ])("understands %s", async (expression, date) => {
    expect(await relative(expression)).toMatchObject({ date });
  });

  it.each([
    ["last week", "2026-11-16", "2026-11-22"],
    ["this week", "2026-11-23", "2026-11-29"],
    ["next month", "2026-12-01", "2026-12-31"],
    ["last quarter", "2026-07-01", "2026-09-30"],
    ["previous year", "2025-01-01", "2025-12-31"],
    ["last 7 days", "2026-11-17", "2026-11-23"],
    ["past 2 weeks", "2026-11-10", "2026-11-23"],
    ["last 3 months", "2026-08-24", "2026-11-23"],
    ["next 3 days", "2026-11-24", "2026-11-26"],
    ["last weekend", "2026-11-21", "2026-11-22"],
    ["march", "2026-03-01", "2026-03-31"],
    ["last december", "2025-12-01", "2025-12-31"],
    ["next march", "2027-03-01", "2027-03-31"],
    ["february 2028", "2028-02-01", "2028-02-29"],
    ["Q3 2025", "2025-07-01", "2025-09-30"],
    ["2025", "2025-01-01", "2025-12-31"],
    ["year to date", "2026-01-01", "2026-11-23"],
    ["mtd", "2026-11-01", "2026-11-23"],
  ])("understands %s as a range of days", async (expression, from, to) => {
    expect(await relative(expression)).toMatchObject({ from, to });
  });

  it.each([
    ["now", "2026-11-23T00:30:00+01:00"],
    ["in 2 hours", "2026-11-23T02:30:00+01:00"],
    ["90 minutes ago", "2026-11-22T23:00:00+01:00"],
    ["tomorrow at 9", "2026-11-24T09:00:00+01:00"],
    ["next monday at 3:15 pm", "2026-11-30T15:15:00+01:00"],
    ["day after tomorrow at noon", "2026-11-25T12:00:00+01:00"],
    ["5 minutes before today at midnight", "2026-11-22T23:55:00+01:00"],
  ])("understands %s as a time", async (expression, time) => {
    expect(await relative(expression)).toMatchObject({ time });
  });

  it("counts hours, and keeps what the clock shows over days, when clocks change", async () => {
    expect(await relative("24 hours after 2026-10-24 at 12:00")).toMatchObject({
      time: "2026-10-25T11:00:00+01:00",
    });
    expect(await relative("1 day after 2026-10-24 at 12:00")).toMatchObject({
      time: "2026-10-25T12:00:00+01:00",
    });
  });

  it("understands hours that have passed as a range of times", async () => {
    expect(await relative("last 24 hours")).toMatchObject({
      from: "2026-11-22T00:30:00+01:00",
      to: "2026-11-23T00:30:00+01:00",
    });
  });

  it.each([
    "",
    "soon",
    "at",
    "2026-02-30",
    "0000",
    "32 of march",
    "last 0 days",
    "tomorrow at 25:00",
  ])("says that it does not understand %j, and what it understands", async (expression) => {
    const { text, is_error } = await call("time_relative", { expression });

    expect(is_error).toBe(true);
    expect(text).toContain(`${JSON.stringify(expression)} is not understood.`);
    expect(text).toContain('"3 days ago"');
  });

  it.each([
    "9999999 years ago",
    "in 9999999 months and 1 hour",
    "1 day after 9999999 years ago at 9",
  ])("refuses %s, which no calendar has", async (expression) => {
    expect(await call("time_relative", { expression })).toEqual({
      text: `"${expression}" is not in the years 1 to 9999.`,
      is_error: true,
    });
  });

  it("answers a long nesting at once", async () => {
    const expression = "1 day after ".repeat(10_000);
    const asked = box.call(tool("time_relative"), { expression }, signal);

    expect((await asked).is_error).toBe(true);
  });
});

describe("time_convert", () => {
  it.each([
    [{ time: "2026-07-01T14:30", from: "Europe/Berlin", to: "America/New_York" }, "08:30:00-04:00"],
    [{ time: "2026-12-01 14:30", from: "Europe/Berlin", to: "America/New_York" }, "08:30:00-05:00"],
    [{ time: "2026-07-01T12:00:00Z", to: "Asia/Tokyo" }, "21:00:00+09:00"],
    [{ time: "2026-07-01T12:00:00.123+05:30", to: "UTC" }, "06:30:00+00:00"],
    [{ time: "3pm", from: "UTC", to: "Asia/Kathmandu" }, "20:45:00+05:45"],
  ])("converts %j", async (args, clock) => {
    expect(String((await ask("time_convert", args))["time"]).split("T")[1]).toBe(clock);
  });

  it("takes a time without a date for one of today where it is said", async () => {
    expect(
      await ask("time_convert", { time: "00:15", from: "Europe/Berlin", to: "UTC" }),
    ).toMatchObject({ time: "2026-11-22T23:15:00+00:00" });
  });

  it("says so when clocks skip a time or show it twice", async () => {
    const convert = (time: string) =>
      ask("time_convert", { time, from: "Europe/Berlin", to: "UTC" });

    expect(await convert("2026-03-29T02:30")).toMatchObject({
      time: "2026-03-29T01:30:00+00:00",
      note: "Clocks in Europe/Berlin skip this time; 2026-03-29T03:30:00+02:00 is what they show instead.",
    });
    expect(await convert("2026-10-25T02:30")).toMatchObject({
      time: "2026-10-25T00:30:00+00:00",
      note: "Clocks in Europe/Berlin show this time twice; the first is taken.",
    });
  });

  it.each([
    "",
    "tomorrow",
    "2026-13-01",
    "2026-02-30T10:00",
    "25:00",
    "10:60",
    "2026-01-01T10:00+2",
  ])("says how a time is written instead of %j", async (time) => {
    expect(await call("time_convert", { time, to: "UTC" })).toEqual({
      text: `${JSON.stringify(time)} is no time. Write it like 2026-03-29T14:30, 2026-03-29T14:30:00+02:00 or 14:30.`,
      is_error: true,
    });
  });
});

it.each(["time_today", "time_now"])("names an unknown time zone in %s", async (name) => {
  expect(await call(name, { timezone: "Mars/Olympus" })).toEqual({
    text: 'There is no time zone "Mars/Olympus". Use a name of the IANA database, such as Europe/Berlin or UTC.',
    is_error: true,
  });
});

it.each([
  ["time_convert", { time: "10:00" }, '"to"'],
  ["time_relative", {}, '"expression"'],
  ["time_relative", { expression: 7 }, "#/expression"],
  ["time_today", { zone: "UTC" }, '"zone"'],
  ["time_today", "UTC", "object"],
])("says what is wrong with arguments of %s: %j", (name, args, part) => {
  expect(tool(name).problemOf(args)).toContain(part);
});
