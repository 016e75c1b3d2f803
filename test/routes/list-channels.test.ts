import { describe, expect, it } from "@jest/globals";
import { allPages } from "#test/support/all-pages";
import { aBot, created } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

async function aBotWithChannels(count: number) {
  const { key } = await platform.team();
  const bot_id = await aBot(platform, key);
  const open = (name: string) => {
    platform.advance(1);
    const body = { type: "web", name };
    return created(platform, "createChannel", { as: key, params: { bot_id }, body });
  };
  const ids: string[] = [];
  for (let index = 1; index <= count; index++) ids.unshift(await open(`Channel ${index}`));
  const list = (query: Record<string, string | number> = {}) =>
    platform.call("listChannels", { as: key, params: { bot_id }, query });
  return { key, bot_id, ids, open, list };
}

const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

describe("GET /v1/bots/{bot_id}/channels", () => {
  itRefuses("listChannels", platform, async (as) => ({
    as,
    params: { bot_id: await aBot(platform, as) },
  }));

  it("lists nothing for a new bot", async () => {
    const { list } = await aBotWithChannels(0);
    const { status, body } = await list();
    expect(status).toBe(200);
    expect(body).toEqual({
      data: [],
      meta: { page: 1, per_page: 20, total: 0, total_is_exact: true, next_cursor: null },
    });
  });

  it("lists the newest first and the same as reading one does", async () => {
    const { key, ids, list } = await aBotWithChannels(3);
    const { body } = await list();
    expect(idsOf(body.data)).toEqual(ids);
    const one = await platform.call("getChannel", { as: key, params: { id: ids[1] ?? "" } });
    const { setup: _, health: __, ...listed } = one.body.data;
    expect(body.data[1]).toEqual(listed);
  });

  it("pages by number and by cursor, each row once", async () => {
    const { key, bot_id, ids, list } = await aBotWithChannels(7);
    const second = await list({ page: 2, per_page: 3 });
    expect(idsOf(second.body.data)).toEqual(ids.slice(3, 6));
    expect(second.body.meta).toMatchObject({ page: 2, per_page: 3, total: 7 });
    const beyond = await list({ page: 4, per_page: 3 });
    expect(beyond.body).toMatchObject({ data: [], meta: { total: 7, next_cursor: null } });
    const request = { as: key, params: { bot_id }, query: { per_page: 3 } };
    expect(idsOf(await allPages(platform, "listChannels", request))).toEqual(ids);
  });

  it("goes on behind a cursor while channels are opened and deleted", async () => {
    const { key, bot_id, ids, open } = await aBotWithChannels(6);
    const rows = await allPages(
      platform,
      "listChannels",
      { as: key, params: { bot_id }, query: { per_page: 2 } },
      async (page) => {
        await open("In between");
        if (page > 1) return;
        // The last row that was shown goes: the cursor stands for its place, not for the row.
        await platform.call("deleteChannel", { as: key, params: { id: ids[1] ?? "" } });
      },
    );
    expect(idsOf(rows)).toEqual(ids);
  });

  it("filters by type and status, and counts what fits", async () => {
    const { ids, list } = await aBotWithChannels(2);
    expect(idsOf((await list({ type: "web", status: "connected" })).body.data)).toEqual(ids);
    const none = await list({ status: "disconnected" });
    expect(none.body).toMatchObject({ data: [], meta: { total: 0 } });
  });

  it.each([
    ["type", "fax", '"web"'],
    ["status", "broken", 'Must be "connected" or "pending" or "disconnected".'],
    ["name", "Website", "There is no such parameter."],
  ])("refuses %s=%s", async (name, value, message) => {
    const { list } = await aBotWithChannels(0);
    const { status, body } = await list({ [name]: value });
    expect(status).toBe(422);
    expect(body.error.details).toEqual([
      { path: `query.${name}`, message: expect.stringContaining(message) },
    ]);
  });

  it("lists a bot's own channels only, and nothing of a deleted bot", async () => {
    const { key, bot_id, list } = await aBotWithChannels(2);
    const other = await created(platform, "createBot", { as: key, body: { name: "Other" } });
    const others = { as: key, params: { bot_id: other } };
    expect((await platform.call("listChannels", others)).body.meta.total).toBe(0);
    await platform.call("deleteBot", { as: key, params: { id: bot_id } });
    expect((await list()).status).toBe(404);
  });
});
