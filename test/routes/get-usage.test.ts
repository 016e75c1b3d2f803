import { describe, expect, it } from "@jest/globals";
import { type Added, type UsageFigure, usagePart } from "#shared/figures/figures";
import { conversationNumber } from "#test/support/count-figures";
import { costOf, withLog } from "#test/support/log-lines";
import { itRefuses } from "#test/support/refusals";
import { type TestTeam, usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const dayMs = 24 * 60 * 60 * 1_000;
const dayOf = (daysAgo: number) =>
  new Date(platform.clock() - daysAgo * dayMs).toISOString().slice(0, 10);

/** A new team, what is counted of it in some conversation, and what it used. */
async function aTeam() {
  const team = await platform.team();
  return {
    team,
    count: (daysAgo: number, added: Added<UsageFigure>, source = 1) =>
      countUsage(team, daysAgo, added, source),
    usage: (query: Record<string, string> = {}) =>
      platform.call("getUsage", { as: team.key, query }),
  };
}

async function countUsage(
  { id }: TestTeam,
  daysAgo: number,
  added: Added<UsageFigure>,
  source: number,
) {
  const at = platform.clock() - daysAgo * dayMs;
  const usage = usagePart(id, conversationNumber(source), at, added);
  await platform.table.transact({ usage });
}

const nothing = {
  messages: 0,
  replies: 0,
  executions: { completed: 0, failed: 0, timeout: 0, cancelled: 0 },
  deliveries: 0,
  tokens: { input: 0, output: 0, cached: 0 },
};

describe("GET /v1/usage", () => {
  itRefuses("getUsage", platform, async (as) => ({ as }));

  it("shows each of the last thirty days of a new team, oldest first, with nothing", async () => {
    const { usage } = await aTeam();
    const { status, body } = await usage();
    expect(status).toBe(200);
    expect(body.data).toEqual({
      from: dayOf(29),
      to: dayOf(0),
      days: Array.from({ length: 30 }, (_, index) => ({ day: dayOf(29 - index), ...nothing })),
      total: nothing,
    });
  });

  it("sums up what was counted on each day, over shards, and in all", async () => {
    const { count, usage } = await aTeam();
    for (const source of [1, 2, 3]) {
      await count(0, { messages: 2, replies: 1, input_tokens: 50, output_tokens: 8 }, source);
      await count(2, { executions_completed: 1, executions_timeout: 2, cached_tokens: 3 }, source);
    }
    await count(2, { executions_failed: 4, executions_cancelled: 5, deliveries: 6 });
    await count(3, { messages: 1_000 });
    const { body } = await usage({ from: dayOf(2) });
    const first = {
      executions: { completed: 3, failed: 4, timeout: 6, cancelled: 5 },
      deliveries: 6,
      tokens: { input: 0, output: 0, cached: 9 },
    };
    expect(body.data.days).toEqual([
      { day: dayOf(2), ...nothing, ...first },
      { day: dayOf(1), ...nothing },
      {
        day: dayOf(0),
        ...nothing,
        messages: 6,
        replies: 3,
        tokens: { input: 150, output: 24, cached: 0 },
      },
    ]);
    expect(body.data.total).toEqual({
      messages: 6,
      replies: 3,
      ...first,
      tokens: { input: 150, output: 24, cached: 9 },
    });
  });

  it("shows nothing of another team", async () => {
    const [one, other] = [await aTeam(), await aTeam()];
    await other.count(0, { messages: 5 });
    expect((await one.usage()).body.data.total).toEqual(nothing);
  });

  it("goes over the ends of months and leap years, for ninety days at most", async () => {
    const { usage } = await aTeam();
    const { body } = await usage({ from: "2027-12-31", to: "2028-03-29" });
    const days = body.data.days.map(({ day }: { day: string }) => day);
    expect([days.length, new Set(days).size]).toEqual([90, 90]);
    expect(days.slice(59, 63)).toEqual(["2028-02-28", "2028-02-29", "2028-03-01", "2028-03-02"]);
    const refused = await usage({ from: "2027-12-30", to: "2028-03-29" });
    expect([refused.status, refused.body.error.details]).toEqual([
      422,
      [
        {
          path: "query.from",
          message: "Ask for at most 90 days: from 2027-12-31 to 2028-03-29, or an earlier to.",
        },
      ],
    ]);
  });

  it.each([
    [{ from: "yesterday" }, "query.from", "Must be a day such as 2026-01-31."],
    [{ to: "2026-04-31" }, "query.to", "Is no day of the calendar."],
    [{ from: "2026-02-02", to: "2026-02-01" }, "query.from", "Must not be after to, 2026-02-01."],
    [{ page: "1" }, "query.page", "There is no such parameter."],
  ])("refuses %j and points at it", async (query, path, message) => {
    const { usage } = await aTeam();
    const { status, body } = await usage(query);
    expect([status, body.error.details]).toEqual([422, [{ path, message }]]);
  });

  it("reads all shards, at half the price", async () => {
    const { usage } = await aTeam();
    const { lines } = await withLog(() => usage());
    expect(costOf(lines)).toEqual({ calls: 1 + 16, reads: 16 * 0.5, writes: 1 });
  });
});
