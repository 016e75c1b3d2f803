import { describe, expect, it } from "@jest/globals";
import { allPages } from "#test/support/all-pages";
import { aBot, created } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const url = "https://backend.example.com/chat";

/** A new team's bot with its echo and a webhook for each of these, oldest first. */
async function aBotWith(...integrations: readonly object[]) {
  const { key } = await platform.team();
  const bot_id = await aBot(platform, key);
  const ids: string[] = [];
  for (const fields of integrations) {
    platform.advance(1);
    const request = { as: key, params: { bot_id }, body: { name: "Backend", url, ...fields } };
    ids.push(await created(platform, "createIntegration", request));
  }
  const list = (query: Record<string, string | number | boolean> | string = {}) =>
    platform.call("listIntegrations", { as: key, params: { bot_id }, query });
  return { key, bot_id, ids, list };
}

const idsOf = ({ body }: { body: { data: { id: string }[] } }) => body.data.map(({ id }) => id);

describe("GET /v1/bots/{bot_id}/integrations", () => {
  itRefuses("listIntegrations", platform, async (as) => ({
    as,
    params: { bot_id: await aBot(platform, as) },
  }));

  it("shows a new bot's echo", async () => {
    const { bot_id, list } = await aBotWith();
    const { status, body } = await list();
    expect(status).toBe(200);
    expect(body.data).toMatchObject([
      { type: "echo", name: "Echo", bot_id, url: null, headers: {}, status: "active" },
    ]);
    expect(body.meta).toEqual({
      page: 1,
      per_page: 20,
      total: 1,
      total_is_exact: true,
      next_cursor: null,
    });
  });

  it("shows a bot's integrations whole, newest first, and no other bot's", async () => {
    const { key, ids, list } = await aBotWith({}, {}, {});
    await created(platform, "createIntegration", {
      as: key,
      params: { bot_id: await aBot(platform, key) },
      body: { name: "Elsewhere", url },
    });
    const answer = await list();
    expect(idsOf(answer).slice(0, 3)).toEqual(ids.toReversed());
    expect(answer.body.meta.total).toBe(4);
    for (const row of answer.body.data) {
      const { body } = await platform.call("getIntegration", { as: key, params: { id: row.id } });
      expect(row).toEqual(body.data);
    }
  });

  it("keeps its order when an old one is changed", async () => {
    const { key, ids, list } = await aBotWith({}, {});
    platform.advance(1_000);
    await platform.call("updateIntegration", {
      as: key,
      params: { id: ids[0]! },
      body: { name: "Changed" },
    });
    expect(idsOf(await list()).slice(0, 2)).toEqual(ids.toReversed());
  });

  it("masks the values of headers and shows no signing secret", async () => {
    const { list } = await aBotWith({ headers: { Authorization: "Bearer 8f14e45fceea3kf9" } });
    const { body, text } = await list();
    expect(body.data[0].headers).toEqual({ Authorization: "••••3kf9" });
    expect(text).not.toMatch(/whsec_|8f14e45fceea|ciphertext|signing_secret/);
  });

  it.each([
    ["a type", { type: "echo" }, ["Echo"]],
    ["another type", { type: "webhook" }, ["Off", "Spare", "Main"]],
    ["a status", { status: "disabled" }, ["Off"]],
    ["fallbacks", { fallback: true }, ["Off", "Spare"]],
    ["what is no fallback", { fallback: false }, ["Main", "Echo"]],
    ["all of them", { type: "webhook", status: "active", fallback: true }, ["Spare"]],
    ["what nothing is", { type: "echo", fallback: true }, []],
  ])("filters by %s", async (_, query, names) => {
    const { list } = await aBotWith(
      { name: "Main" },
      { name: "Spare", fallback: true },
      { name: "Off", fallback: true, status: "disabled" },
    );
    const { body } = await list(query);
    expect(body.data.map(({ name }: { name: string }) => name)).toEqual(names);
    expect(body.meta.total).toBe(names.length);
  });

  it.each([
    [
      "type=gpt",
      "query.type",
      'Must be "webhook" or "openai" or "anthropic" or "bedrock" or "echo".',
    ],
    ["status=paused", "query.status", 'Must be "active" or "disabled".'],
    ["fallback=yes", "query.fallback", "Must be true or false."],
    ["fallback=1", "query.fallback", "Must be true or false."],
    ["fallback=TRUE", "query.fallback", "Must be true or false."],
    ["fallback=", "query.fallback", "Must be true or false."],
    ["fallback=true&fallback=true", "query.fallback", "Is given twice. Give it once."],
    ["name=Main", "query.name", "There is no such parameter."],
    ["per_page=101", "query.per_page", "Must be a whole number from 1 to 100."],
    ["page=0", "query.page", "Must be a whole number from 1."],
    ["page=101&per_page=100", "query.page", "Use cursor for rows beyond 10,000."],
  ])("refuses %s and points at it", async (query, path, message) => {
    const { list } = await aBotWith();
    const { status, body } = await list(query);
    expect([status, body.error.details]).toEqual([422, [{ path, message }]]);
  });

  it("is empty past the end, with the right total", async () => {
    const { list } = await aBotWith({}, {});
    const { status, body } = await list({ page: 3, per_page: 2 });
    expect([status, body.data, body.meta.total, body.meta.next_cursor]).toEqual([200, [], 3, null]);
  });

  it("is read once from end to end by cursor while others are made and deleted", async () => {
    const { key, bot_id, ids } = await aBotWith({}, {}, {}, {}, {}, {});
    const query = { per_page: 2, type: "webhook" };
    const rows = await allPages(
      platform,
      "listIntegrations",
      { as: key, params: { bot_id }, query },
      async (page) => {
        platform.advance(1);
        const body = { name: "Newcomer", url };
        await created(platform, "createIntegration", { as: key, params: { bot_id }, body });
        if (page === 1) {
          // The last row of the first page, at which the cursor stands.
          await platform.call("deleteIntegration", { as: key, params: { id: ids[4]! } });
        }
      },
    );
    expect(rows.map(({ id }) => id)).toEqual(ids.toReversed());
  });

  it("refuses another bot's cursor, one of another filter, and one together with a page", async () => {
    const { key, list } = await aBotWith({}, {});
    const other = await aBotWith({}, {});
    const { body } = await list({ per_page: 1 });
    const cursor: string = body.meta.next_cursor;
    const sibling = await aBot(platform, key);
    const answers = [
      await other.list({ cursor }),
      await list({ cursor, fallback: false }),
      await platform.call("listIntegrations", {
        as: key,
        params: { bot_id: sibling },
        query: { cursor },
      }),
      await platform.call("listChannels", {
        as: key,
        params: { bot_id: sibling },
        query: { cursor },
      }),
    ];
    for (const answer of answers) {
      expect(answer).toBeRefused(400, "bad_request");
    }
    const both = await list({ cursor, page: 1 });
    expect([both.status, both.body.error.details[0].path]).toEqual([422, "query.cursor"]);
  });

  it("answers 404 for a bot that is deleted", async () => {
    const { key, bot_id, list } = await aBotWith({});
    await platform.call("deleteBot", { as: key, params: { id: bot_id } });
    expect((await list()).status).toBe(404);
  });
});
