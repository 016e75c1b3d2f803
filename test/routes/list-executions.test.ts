import { describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { aLoop } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { signCursor } from "#test/support/sign-cursor";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

describe("GET /v1/agent-loops/{id}/executions", () => {
  itRefuses("listExecutions", platform, async (as) => ({
    as,
    params: { id: (await aLoop(platform, as)).id },
  }));

  const seven = async (key: string) => {
    const { id } = await aLoop(platform, key);
    const ids: string[] = [];
    for (let count = 0; count < 7; count++) {
      const { body } = await platform.call("runAgentLoop", { as: key, params: { id }, body: {} });
      ids.unshift(body.data.id);
      platform.advance(1_000);
    }
    await platform.settle();
    return { id, ids };
  };
  const idsOf = ({ body }: { body: { data: { id: string }[] } }) => body.data.map(({ id }) => id);

  it("lists newest first, page by page and by cursor, with exact totals", async () => {
    const { key } = await platform.team();
    const { id, ids } = await seven(key);
    const list = (query: Record<string, string | number>) =>
      platform.call("listExecutions", { as: key, params: { id }, query });
    const first = await list({ per_page: 3 });
    expect(idsOf(first)).toEqual(ids.slice(0, 3));
    expect(first.body.meta).toMatchObject({ total: 7, total_is_exact: true });
    expect(idsOf(await list({ per_page: 3, page: 3 }))).toEqual(ids.slice(6));
    await platform.call("runAgentLoop", { as: key, params: { id }, body: {} });
    const second = await list({ per_page: 3, cursor: first.body.meta.next_cursor });
    expect(idsOf(second)).toEqual(ids.slice(3, 6));
    const third = await list({ per_page: 3, cursor: second.body.meta.next_cursor });
    expect(idsOf(third)).toEqual(ids.slice(6));
    expect(third.body.meta.next_cursor).toBeNull();
  });

  it.each(["", "status=completed"])(
    "refuses a signed cursor whose position is no number, with the filters %j",
    async (filters) => {
      const { key, id: team } = await platform.team();
      const { id } = await aLoop(platform, key);
      const read = [...new URLSearchParams(filters)].map((filter) => JSON.stringify(filter));
      for (const position of ["x", "0.5", "-1", ""]) {
        const list = [team, "listExecutions", { id }, read];
        const cursor = await signCursor(platform, key, list, position);
        const query = `${filters}&cursor=${cursor}`;
        const answer = await platform.call("listExecutions", { as: key, params: { id }, query });
        expect(answer).toBeRefused(400, "bad_request");
      }
    },
  );

  it("cuts task and output at 8 KiB, and not within a character", async () => {
    const { key } = await platform.team();
    const { id } = await aLoop(platform, key, { user_message: `a${"😀".repeat(5_000)}` });
    const run = await platform.call("runAgentLoop", { as: key, params: { id }, body: {} });
    await platform.settle();
    const { body } = await platform.call("listExecutions", { as: key, params: { id } });
    const [{ user_message, result }] = body.data;
    const cut = `a${"😀".repeat(2_047)}…`;
    expect([user_message, result.output]).toEqual([cut, cut]);
    const whole = await platform.call("getExecution", {
      as: key,
      params: { id: run.body.data.id },
    });
    expect(whole.body.data.result.output).toBe(`a${"😀".repeat(5_000)}`);
  });

  it("filters by status, trigger and time", async () => {
    const { key } = await platform.team();
    const { id, ids } = await seven(key);
    const list = (query: Record<string, string | number>) =>
      platform.call("listExecutions", { as: key, params: { id }, query });
    expect((await list({ status: "completed" })).body.meta.total).toBe(7);
    expect((await list({ status: "failed" })).body).toMatchObject({
      data: [],
      meta: { total: 0, next_cursor: null },
    });
    expect((await list({ trigger: "schedule" })).body.meta.total).toBe(0);
    const all = (await list({})).body.data as { created_at: string }[];
    const third = all[2]!.created_at;
    expect(idsOf(await list({ created_after: third }))).toEqual(ids.slice(0, 3));
    expect(idsOf(await list({ created_before: third }))).toEqual(ids.slice(3));
  });

  it("goes on by cursor to the oldest that a filter lets through, however far down", async () => {
    const { id: teamId, key } = await platform.team();
    const { id, ids } = await seven(key);
    // As if 25,000 had followed, none of which the filter lets through.
    await platform.table.update(keys.executionCounter(teamId, id), {
      set: { last_number: 25_007 },
    });
    const found: string[] = [];
    let query: Record<string, string | number> = { status: "completed", per_page: 4 };
    for (let pages = 1; ; pages++) {
      const { body } = await platform.call("listExecutions", { as: key, params: { id }, query });
      found.push(...idsOf({ body }));
      expect(body.meta).toMatchObject({ total: 0, total_is_exact: false });
      if (body.meta.next_cursor === null) break;
      expect(pages).toBeLessThan(10);
      query = { status: "completed", per_page: 4, cursor: body.meta.next_cursor };
    }
    expect(found).toEqual(ids);
  });
});
