import { describe, expect, it } from "@jest/globals";
import { newId } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import { created } from "#test/support/make";
import { itRefuses, unknownId } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();

async function aBot() {
  const { id: team_id, key } = await platform.team();
  const bot_id = await created<"bot">(platform, "createBot", {
    as: key,
    body: { name: "Concierge" },
  });
  const create = (body: unknown, headers: Record<string, string> = {}) =>
    platform.call("createChannel", { as: key, params: { bot_id }, body, headers });
  return { team_id, key, bot_id, create };
}

describe("POST /v1/bots/{bot_id}/channels", () => {
  itRefuses("createChannel", platform, async (as) => ({
    as,
    params: { bot_id: await created(platform, "createBot", { as, body: { name: "A" } }) },
    body: { type: "web" },
  }));

  it("opens a connected, enabled channel named after its type and says where it is", async () => {
    const { key, bot_id, create } = await aBot();
    const { status, headers, body } = await create({ type: "web" });
    expect(status).toBe(201);
    expect(headers["location"]).toBe(`/v1/channels/${body.data.id}`);
    expect(body.data).toEqual({
      id: expect.stringMatching(/^ch_[0-9a-hjkmnp-tv-z]{26}$/),
      bot_id,
      type: "web",
      name: "web",
      status: "connected",
      status_reason: null,
      enabled: true,
      webhook_url: null,
      created_at: new Date(platform.clock()).toISOString(),
      updated_at: new Date(platform.clock()).toISOString(),
      last_inbound_at: null,
      last_outbound_at: null,
      setup: null,
      health: null,
    });
    const read = await platform.call("getChannel", { as: key, params: { id: body.data.id } });
    expect(read.body.data).toEqual(body.data);
  });

  it("takes a name, empty credentials and a channel that is not enabled", async () => {
    const { create } = await aBot();
    const name = "😀".repeat(100);
    const { status, body } = await create({ type: "web", name, credentials: {}, enabled: false });
    expect(status).toBe(201);
    expect(body.data).toMatchObject({ name, enabled: false });
    expect(body.data).not.toHaveProperty("credentials");
  });

  it.each<[string, unknown, string, string]>([
    ["no type", {}, "body.type", "Required."],
    ["a type nobody knows", { type: "fax" }, "body.type", '"web"'],
    ["null as type", { type: null }, "body.type", '"web"'],
    ["an empty name", { type: "web", name: "" }, "body.name", "Must be 1 to 100 characters long."],
    [
      "a name of 101 characters",
      { type: "web", name: "é".repeat(101) },
      "body.name",
      "Must be 1 to 100 characters long.",
    ],
    [
      "enabled as a text",
      { type: "web", enabled: "yes" },
      "body.enabled",
      "Must be true or false.",
    ],
    [
      "credentials for a web channel",
      { type: "web", credentials: { bot_token: "1:a" } },
      "body.credentials.bot_token",
      "There is no such field.",
    ],
    ["credentials as a text", { type: "web", credentials: "x" }, "body.credentials", "object"],
    ["a status", { type: "web", status: "connected" }, "body.status", "Read only; leave it out."],
    ["another bot", { type: "web", bot_id: "bot_x" }, "body.bot_id", "Read only; leave it out."],
    ["a list as body", [], "body", "Must be an object."],
  ])("refuses %s and points at it", async (_, body, path, message) => {
    const { key, bot_id, create } = await aBot();
    const answer = await create(body);
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toEqual([
      { path, message: expect.stringContaining(message) },
    ]);
    const list = await platform.call("listChannels", { as: key, params: { bot_id } });
    expect(list.body.meta.total).toBe(0);
  });

  it("answers 404 for a bot that is deleted", async () => {
    const { key, bot_id, create } = await aBot();
    await platform.call("deleteBot", { as: key, params: { id: bot_id } });
    expect((await create({ type: "web" })).status).toBe(404);
  });

  it("stops at 20 channels of a bot, and goes on when one is deleted", async () => {
    const { key, team_id, bot_id, create } = await aBot();
    const first = await create({ type: "web" });
    const row = await platform.table.get(keys.channel(team_id, bot_id, first.body.data.id));
    for (let count = 2; count <= 20; count++) {
      const id = newId("ch", platform.clock());
      const key = keys.channel(team_id, bot_id, id);
      await platform.table.putIfAbsent({ ...row, id, ...key });
    }
    const { status, body } = await create({ type: "web" });
    expect({ status, body }).toBeRefused(409, "conflict");
    expect(body.error.message).toBe("A bot can have 20 channels. Delete one to make another.");
    await platform.call("deleteChannel", { as: key, params: { id: first.body.data.id } });
    expect((await create({ type: "web" })).status).toBe(201);
  });

  it("opens one channel however often a request with one Idempotency-Key is sent, even the twentieth", async () => {
    const { key, bot_id, create } = await aBot();
    for (let count = 1; count <= 19; count++) await create({ type: "web" });
    const headers = { "idempotency-key": "once" };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => create({ type: "web" }, headers)),
    );
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThan(0);
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    const again = await create({ type: "web" }, headers);
    expect([again.status, again.headers["idempotent-replayed"]]).toEqual([201, "true"]);
    const list = await platform.call("listChannels", { as: key, params: { bot_id } });
    expect(list.body.meta.total).toBe(20);
  });

  it("opens nothing under another team's bot", async () => {
    const { bot_id, key } = await aBot();
    const stranger = await openWebChat(platform);
    const request = { as: stranger.key, body: { type: "web" } };
    const foreign = await platform.call("createChannel", { ...request, params: { bot_id } });
    const unknown = await platform.call("createChannel", {
      ...request,
      params: { bot_id: unknownId("bot") },
    });
    expect([foreign.status, unknown.status]).toEqual([404, 404]);
    const list = await platform.call("listChannels", { as: key, params: { bot_id } });
    expect(list.body.meta.total).toBe(0);
  });
});
