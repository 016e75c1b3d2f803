import { describe, expect, it } from "@jest/globals";
import { idFrom } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import { allPages } from "#test/support/all-pages";
import { aBot, anApiKey } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { type TestTeam, usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const day = 24 * 60 * 60 * 1_000;

type Query = Readonly<Record<string, string | number>>;
const list = (as: string, query: Query = {}) => platform.call("listAuditEntries", { as, query });
const changes = async (as: string, query: Query = {}) =>
  (await list(as, query)).body.data.map(
    ({ action, resource_id }: Readonly<Record<string, string>>) => `${action} ${resource_id}`,
  );

/** Moves time on, so that what follows has a place of its own. */
const later = () => platform.advance(1_000);
const now = () => new Date(platform.clock()).toISOString();

/** A team in which two bots were made, one was changed and the other deleted. */
async function busyTeam() {
  const team = await platform.team();
  const { key: as } = team;
  later();
  const first = await aBot(platform, as);
  later();
  const second = await aBot(platform, as);
  later();
  await platform.call("updateBot", { as, params: { id: first }, body: { name: "Butler" } });
  later();
  await platform.call("deleteBot", { as, params: { id: second } });
  return {
    ...team,
    bots: [first, second] as const,
    all: [
      `bot.deleted ${second}`,
      `bot.updated ${first}`,
      `bot.created ${second}`,
      `bot.created ${first}`,
      `team.created ${team.id}`,
    ],
  };
}

/** Puts so many more entries into a team's log, as if as many changes had been made a second ago and earlier. */
async function putEntries({ id }: TestTeam, count: number): Promise<void> {
  const [template] = await platform.table.queryAll({ pk: keys.auditEntry(id, "aud_").pk });
  const entries = Array.from({ length: count }, (_, number) => {
    const made = platform.clock() - 1_000 - number;
    const entry = idFrom("aud", made, new Uint8Array(10));
    const created_at = new Date(made).toISOString();
    return { ...template, ...keys.auditEntry(id, entry), id: entry, created_at };
  });
  for (let start = 0; start < count; start += 100) {
    const parts = entries.slice(start, start + 100).map((put) => [put.id, { put }] as const);
    await platform.table.transact(Object.fromEntries(parts));
  }
}

describe("GET /v1/audit-log", () => {
  itRefuses("listAuditEntries", platform, async (as) => ({ as }));

  it("tells who changed what in which request, and what differs", async () => {
    const { key: as } = await platform.team();
    const { id: by, key, name } = await anApiKey(platform, as, { scopes: ["bots:write"] });
    const id = await aBot(platform, key, { settings: { context_window: 5 } });
    later();
    const body = { name: "Butler", settings: { context_window: 7 } };
    const { headers } = await platform.call("updateBot", { as: key, params: { id }, body });
    const [entry] = (await list(as)).body.data;
    expect(entry).toEqual({
      id: expect.stringMatching(/^aud_/),
      actor: { type: "api_key", id: by, name },
      action: "bot.updated",
      resource_id: id,
      before: { name: "Concierge", settings: { context_window: 5 } },
      after: { name: "Butler", settings: { context_window: 7 } },
      request_id: headers["x-request-id"],
      created_at: now(),
    });
  });

  it("lists newest first, page by page and by cursor, with exact totals", async () => {
    const { key, all } = await busyTeam();
    expect(await changes(key)).toEqual(all);
    const first = await list(key, { per_page: 2 });
    expect(first.body.meta).toMatchObject({ page: 1, total: 5, total_is_exact: true });
    expect(await changes(key, { per_page: 2, page: 3 })).toEqual(all.slice(4));
    expect(await changes(key, { per_page: 2, page: 4 })).toEqual([]);
    later();
    await aBot(platform, key);
    const second = { per_page: 2, cursor: first.body.meta.next_cursor };
    expect(await changes(key, second)).toEqual(all.slice(2, 4));
    const { body } = await list(key, second);
    expect(body.meta).toMatchObject({ page: null, total: 6, total_is_exact: true });
    const last = await list(key, { per_page: 2, cursor: body.meta.next_cursor });
    expect(last.body.data).toMatchObject([{ action: "team.created" }]);
    expect(last.body.meta.next_cursor).toBeNull();
  });

  it("filters by resource and by action, also from page to page", async () => {
    const { key, all, bots } = await busyTeam();
    const [first] = bots;
    expect(await changes(key, { resource_id: first })).toEqual([all[1], all[3]]);
    expect(await changes(key, { action: "bot.created" })).toEqual([all[2], all[3]]);
    const both = { action: "bot.created", resource_id: first };
    expect((await list(key, both)).body.meta.total).toBe(1);
    expect(await changes(key, { action: "channel.created" })).toEqual([]);
    const one = await list(key, { resource_id: first, per_page: 1 });
    const cursor = one.body.meta.next_cursor;
    expect(await changes(key, { resource_id: first, per_page: 1, cursor })).toEqual([all[3]]);
    expect((await list(key, { cursor })).status).toBe(400);
  });

  it("filters by time: from the moment on, and before the other", async () => {
    const { key, all } = await busyTeam();
    const times = (await list(key)).body.data.map(
      ({ created_at }: { created_at: string }) => created_at,
    );
    expect(await changes(key, { created_after: times[1] })).toEqual(all.slice(0, 2));
    expect(await changes(key, { created_before: times[1] })).toEqual(all.slice(2));
    const between = { created_after: times[3], created_before: times[1] };
    expect(await changes(key, between)).toEqual(all.slice(2, 4));
    const reversed = { created_after: times[1], created_before: times[3] };
    expect((await list(key, reversed)).body).toMatchObject({ data: [], meta: { total: 0 } });
    for (const created_before of ["0000-01-01T00:00:00Z", "1970-01-01T00:00:00Z"]) {
      expect(await changes(key, { created_before })).toEqual([]);
    }
    expect(await changes(key, { created_before: "9999-12-31T23:59:59.999Z" })).toEqual(all);
  });

  it.each([
    [{ resource_id: "bot" }, "query.resource_id", "Must be an id"],
    [{ action: "bot.painted" }, "query.action", "Must be"],
    [{ created_after: "yesterday" }, "query.created_after", "Must be a time"],
    [{ actor: "key_1" }, "query.actor", "There is no such parameter"],
  ])("refuses %j and points at it", async (query, path, message) => {
    const { key } = await platform.team();
    const answer = await list(key, query);
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toEqual([
      { path, message: expect.stringContaining(message) },
    ]);
  });

  it("shows nothing of another team, also not by a resource's id", async () => {
    const { bots, key } = await busyTeam();
    const stranger = await platform.team();
    const own = [`team.created ${stranger.id}`];
    expect(await changes(stranger.key)).toEqual(own);
    expect(await changes(stranger.key, { resource_id: bots[0] })).toEqual([]);
    const { body } = await list(key, { per_page: 1 });
    const cursor = body.meta.next_cursor;
    expect(await list(stranger.key, { per_page: 1, cursor })).toBeRefused(400, "bad_request");
  });

  it("shows an entry for 90 days", async () => {
    const { key, all } = await busyTeam();
    platform.advance(90 * day - 3_000);
    expect(await changes(key)).toEqual(all.slice(0, 4));
    platform.advance(1);
    expect(await changes(key)).toEqual(all.slice(0, 3));
    platform.advance(3_000);
    expect((await list(key)).body).toMatchObject({
      data: [],
      meta: { total: 0, total_is_exact: true },
    });
  });

  it("writes nothing itself", async () => {
    const { key, all } = await busyTeam();
    await list(key);
    expect(await changes(key)).toEqual(all);
  });

  it("looks at 10,000 entries and goes on by cursor to the oldest that a filter lets through", async () => {
    const team = await platform.team();
    const { key } = team;
    platform.advance(60_000);
    await putEntries(team, 10_050);
    const id = await aBot(platform, key);
    const whole = await list(key, { per_page: 100, page: 100 });
    expect(whole.body.data).toHaveLength(100);
    expect(whole.body.meta).toMatchObject({ total: 10_000, total_is_exact: false });
    const rest = await list(key, { per_page: 100, cursor: whole.body.meta.next_cursor });
    expect(rest.body.data).toHaveLength(52);
    expect(rest.body.meta).toMatchObject({ total: 10_000, next_cursor: null });

    const none = await list(key, { action: "channel.created" });
    expect(none.body).toMatchObject({ data: [], meta: { total: 0, total_is_exact: false } });
    const cursor = none.body.meta.next_cursor;
    const end = await list(key, { action: "channel.created", cursor });
    expect(end.body).toMatchObject({ data: [], meta: { next_cursor: null } });
    const made = await list(key, { resource_id: id });
    expect(made.body).toMatchObject({ data: [{ resource_id: id }], meta: { total: 1 } });
    expect(made.body.meta.next_cursor).not.toBeNull();
  });

  it("gives each entry once, however many are on a page", async () => {
    const team = await platform.team();
    platform.advance(60_000);
    await putEntries(team, 250);
    const all = await allPages(platform, "listAuditEntries", { as: team.key });
    expect(new Set(all.map(({ id }) => id)).size).toBe(251);
  });
});
