import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Added, Figure } from "#shared/figures/figures";
import type { Id } from "#shared/runtime/ids";
import { countFigures } from "#test/support/count-figures";
import { withLog } from "#test/support/log-lines";
import { aBot, created } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const dayMs = 24 * 60 * 60 * 1_000;
const url = "https://backend.example.com/chat";
const isoOf = (at: number) => new Date(at).toISOString();
const dayOf = (at: number) => isoOf(at).slice(0, 10);

/** A new team's bot with its echo and a webhook for each of these. */
async function aBotWith(...integrations: readonly object[]) {
  const team = await platform.team();
  const { key } = team;
  const bot_id = await aBot(platform, key);
  const add = async (fields: object = {}) => {
    platform.advance(1);
    const body = { name: "Backend", url, ...fields };
    const request = { as: key, params: { bot_id }, body };
    return created<"int">(platform, "createIntegration", request);
  };
  const ids: Id<"int">[] = [];
  for (const fields of integrations) ids.push(await add(fields));
  const count = (
    of: { integration_id: Id<"int"> | "none"; conversation?: number },
    added: Added<Figure>,
    daysAgo = 0,
  ) =>
    countFigures(platform, team.id, { bot_id, ...of }, platform.clock() - daysAgo * dayMs, added);
  const report = (query: Record<string, string> = {}) =>
    platform.call("getBotReport", { as: key, params: { bot_id }, query });
  const change = (operationId: string, id: string | undefined, body?: object) =>
    platform.call(operationId, { as: key, params: { id: id! }, body });
  return { team, key, bot_id, ids, add, count, report, change };
}

const nothing = {
  attempts: 0,
  failures: {
    timeout: 0,
    network_error: 0,
    http_error: 0,
    invalid_response: 0,
    response_too_large: 0,
    url_not_allowed: 0,
  },
  replies: 0,
  fallbacks: 0,
  answer_rate: { value: null, low: null, high: null },
  latency_ms: { p50: null, p95: null },
  tokens: { input: 0, output: 0, cached: 0 },
  feedback: { up: 0, down: 0, rate: { value: null, low: null, high: null } },
};

// Each test has its own team, and a time in the middle of a day of its own.
beforeEach(() => platform.advance(dayMs));

describe("GET /v1/bots/{bot_id}/report", () => {
  itRefuses("getBotReport", platform, async (as) => ({
    as,
    params: { bot_id: await aBot(platform, as) },
  }));

  it("shows a new bot's echo, which was asked nothing, for the last thirty days", async () => {
    const { report } = await aBotWith();
    const { status, body } = await report();
    expect(status).toBe(200);
    expect(body.data).toEqual({
      from: dayOf(platform.clock() - 29 * dayMs),
      to: dayOf(platform.clock()),
      weights_since: isoOf(platform.clock()),
      integrations: [
        {
          integration_id: expect.stringMatching(/^int_/),
          name: "Echo",
          type: "echo",
          share: { wanted: 1, got: null },
          ...nothing,
        },
      ],
      unanswered: 0,
      total: nothing,
    });
  });

  it("sums up what was counted of each integration, over days and shards, and in all", async () => {
    const { ids, count, report } = await aBotWith({ name: "Old", weight: 3 }, { name: "New" });
    const [old, fresh] = ids as [Id<"int">, Id<"int">];
    for (const conversation of [1, 2, 3, 4, 5]) {
      const of = { integration_id: old, conversation };
      await count(of, { asked_first: 10, replies: 8, failed_timeout: 2, latency_0: 8 });
      await count(of, { asked_first: 2, replies: 2, latency_9: 2, input_tokens: 7 }, 3);
    }
    await count(
      { integration_id: fresh },
      {
        asked_first: 20,
        replies: 25,
        fallbacks: 10,
        failed_http_error: 5,
        latency_0: 25,
        output_tokens: 9,
        cached_tokens: 4,
        feedback_up: 3,
        feedback_down: 1,
      },
    );
    await count({ integration_id: "none" }, { unanswered: 5, feedback_down: 2 });
    const { body } = await report();
    const { integrations, unanswered, total } = body.data;
    expect(integrations).toMatchObject([
      {
        integration_id: fresh,
        name: "New",
        type: "webhook",
        attempts: 30,
        failures: { ...nothing.failures, http_error: 5 },
        replies: 25,
        fallbacks: 10,
        share: { wanted: 0.25, got: 0.25 },
        answer_rate: { value: 0.8333, low: 0.6644, high: 0.9266 },
        latency_ms: { p50: 5, p95: 10 },
        tokens: { input: 0, output: 9, cached: 4 },
        feedback: { up: 3, down: 1, rate: { value: 0.75, low: 0.3006, high: 0.9544 } },
      },
      {
        integration_id: old,
        name: "Old",
        attempts: 60,
        failures: { ...nothing.failures, timeout: 10 },
        replies: 50,
        fallbacks: 0,
        share: { wanted: 0.75, got: 0.75 },
        tokens: { input: 35, output: 0, cached: 0 },
        feedback: nothing.feedback,
      },
      // An echo is not asked while there is another.
      { name: "Echo", share: { wanted: 0, got: 0 }, ...nothing },
    ]);
    expect(unanswered).toBe(5);
    expect(total).toMatchObject({
      attempts: 90,
      failures: { ...nothing.failures, timeout: 10, http_error: 5 },
      replies: 75,
      fallbacks: 10,
      tokens: { input: 35, output: 9, cached: 4 },
      feedback: { up: 3, down: 3, rate: { value: 0.5 } },
    });
  });

  it("counts the days that are asked for, both ends too, and nothing else", async () => {
    const { ids, count, report } = await aBotWith({});
    for (const daysAgo of [0, 1, 2, 3, 4]) {
      await count({ integration_id: ids[0]! }, { replies: 10 ** daysAgo }, daysAgo);
    }
    const day = (daysAgo: number) => dayOf(platform.clock() - daysAgo * dayMs);
    const repliesOf = async (query: Record<string, string>) =>
      (await report(query)).body.data.total.replies;
    expect(await repliesOf({})).toBe(11_111);
    expect(await repliesOf({ from: day(3), to: day(1) })).toBe(1_110);
    expect(await repliesOf({ from: day(1) })).toBe(11);
    expect(await repliesOf({ to: day(3) })).toBe(11_000);
    expect(await repliesOf({ from: day(2), to: day(2) })).toBe(100);
    expect(await repliesOf({ to: day(-30) })).toBe(0);
    expect(await repliesOf({ from: day(89) })).toBe(11_111);
  });

  it("counts nothing of another bot, nor of another team", async () => {
    const other = await aBotWith({});
    const { team, bot_id, ids, report } = await aBotWith({});
    const at = platform.clock();
    const replies = { replies: 1 };
    const elsewhere = { bot_id: await aBot(platform, other.key), integration_id: ids[0]! };
    await countFigures(platform, team.id, elsewhere, at, replies);
    await countFigures(platform, other.team.id, { bot_id, integration_id: ids[0]! }, at, replies);
    expect((await report()).body.data.total.replies).toBe(0);
  });

  it("shows those that were deleted since and were asked, behind the others and without a name", async () => {
    const { ids, count, report, change } = await aBotWith({}, {}, {});
    const [first, second, unasked] = ids as [Id<"int">, Id<"int">, Id<"int">];
    await count({ integration_id: first }, { asked_first: 3, replies: 3, latency_0: 3 });
    await count({ integration_id: second }, { asked_first: 1, replies: 1, latency_0: 1 });
    for (const id of [first, unasked]) await change("deleteIntegration", id);
    const { body } = await report();
    expect(body.data.integrations).toMatchObject([
      { integration_id: second, share: { wanted: 1, got: 0.25 } },
      { name: "Echo" },
      { integration_id: first, name: null, type: null, share: { wanted: 0, got: 0.75 } },
    ]);
    expect(body.data.total.replies).toBe(4);
  });

  it("shows the newest hundred of those that were deleted, and counts all", async () => {
    const { count, report } = await aBotWith();
    const deleted = Array.from(
      { length: 103 },
      (_, number): Id<"int"> => `int_${String(number).padStart(26, "0")}`,
    );
    for (const integration_id of deleted) await count({ integration_id }, { replies: 1 });
    const { integrations, total } = (await report()).body.data;
    const ids = integrations.slice(1).map((one: { integration_id: string }) => one.integration_id);
    expect(ids).toEqual(deleted.toReversed().slice(0, 100));
    expect(total.replies).toBe(103);
  });

  it("divides by the weights of those that are drawn alone", async () => {
    const { report } = await aBotWith(
      { name: "Main", weight: 1.5 },
      { name: "Other", weight: 0.5 },
      { name: "None", weight: 0 },
      { name: "Spare", fallback: true, weight: 10 },
      { name: "Off", status: "disabled", weight: 10 },
    );
    const { integrations } = (await report()).body.data;
    const shares = integrations.map((one: { name: string; share: { wanted: number } }) => [
      one.name,
      one.share.wanted,
    ]);
    expect(Object.fromEntries(shares)).toEqual({
      Main: 0.75,
      Other: 0.25,
      None: 0,
      Spare: 0,
      Off: 0,
      Echo: 0,
    });
  });

  it("has no shares where nobody is drawn", async () => {
    const { report } = await aBotWith({ fallback: true });
    const { integrations } = (await report()).body.data;
    for (const { share } of integrations) expect(share).toEqual({ wanted: null, got: null });
  });

  it("says since when the weights are as they are", async () => {
    const { ids, add, count, report, change } = await aBotWith({}, {});
    const since = async () => (await report()).body.data.weights_since;
    const now = () => isoOf(platform.clock());
    expect(await since()).toBe(now());
    for (const body of [{ weight: 5 }, { fallback: true }, { status: "disabled" }]) {
      platform.advance(1_000);
      await change("updateIntegration", ids[0], body);
      expect([body, await since()]).toEqual([body, now()]);
    }
    const last = now();
    platform.advance(1_000);
    await change("updateIntegration", ids[0], { name: "Another", weight: 5 });
    await change("rotateIntegrationSecret", ids[1]);
    expect(await since()).toBe(last);
    await add();
    expect(await since()).toBe(now());
    // Of one that is deleted nothing is left but what it was asked.
    await count({ integration_id: ids[1]! }, { asked_first: 1 }, 1);
    await change("deleteIntegration", ids[1]);
    expect(await since()).toBe(now());
    await count({ integration_id: ids[1]! }, { asked_first: 1 });
    expect(await since()).toBe(`${now().slice(0, 10)}T23:59:59.999Z`);
  });

  it("shows nothing that is past its time, even before the table removes it", async () => {
    const { count, report } = await aBotWith();
    const at = platform.clock();
    await count({ integration_id: "none" }, { unanswered: 1 });
    platform.advance(399 * dayMs);
    expect((await report({ to: dayOf(at) })).body.data.unanswered).toBe(1);
    platform.advance(2 * dayMs);
    expect((await report({ to: dayOf(at) })).body.data.unanswered).toBe(0);
  });

  it("reads all shards, at half the price", async () => {
    const { report } = await aBotWith({});
    const { lines } = await withLog(() => report());
    const line = lines.find(({ event }) => event === "request");
    // Bot, integrations, and sixteen shards; admission is a write.
    expect(line).toMatchObject({ calls: 1 + 2 + 16, read_units: 1 + 1 + 16 * 0.5 });
  });

  it.each([
    [{ from: "2026-02-30" }, "query.from", "Is no day of the calendar."],
    [{ to: "2026-2-3" }, "query.to", "Must be a day such as 2026-01-31."],
    [{ to: "2026-03-04T00:00:00Z" }, "query.to", "Must be a day such as 2026-01-31."],
    [{ to: "1999-12-31" }, "query.to", "Must be a day such as 2026-01-31."],
    [{ from: "2026-02-02", to: "2026-02-01" }, "query.from", "Must not be after to, 2026-02-01."],
    [
      { from: "2025-12-01", to: "2026-03-01" },
      "query.from",
      "Ask for at most 90 days: from 2025-12-02 to 2026-03-01, or an earlier to.",
    ],
    [{ days: "30" }, "query.days", "There is no such parameter."],
  ])("refuses %j and points at it", async (query, path, message) => {
    const { report } = await aBotWith();
    const { status, body } = await report(query);
    expect([status, body.error.details]).toEqual([422, [{ path, message }]]);
  });

  it("refuses a first day after today, and one of long ago, when no last day is given", async () => {
    const { report } = await aBotWith();
    const day = (ago: number) => dayOf(platform.clock() - ago * dayMs);
    const after = await report({ from: day(-1) });
    expect(after.body.error.details).toEqual([
      { path: "query.from", message: `Must not be after today, ${day(0)}.` },
    ]);
    const before = await report({ from: day(90) });
    expect(before.body.error.details).toEqual([
      {
        path: "query.from",
        message: `Ask for at most 90 days: from ${day(89)} to ${day(0)}, or an earlier to.`,
      },
    ]);
  });

  it("answers 404 for a bot that is deleted", async () => {
    const { bot_id, report, change } = await aBotWith({});
    await change("deleteBot", bot_id);
    expect((await report()).status).toBe(404);
  });
});
