import { describe, expect, it } from "@jest/globals";
import { newId } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const create = (as: string, body: unknown, headers: Record<string, string> = {}) =>
  platform.call("createBot", { as, body, headers });

describe("POST /v1/bots", () => {
  itRefuses("createBot", platform, async (as) => ({ as, body: { name: "Concierge" } }));

  it("creates the bot with the documented defaults and says where it is", async () => {
    const { key } = await platform.team();
    const { status, headers, body } = await create(key, { name: "Concierge" });
    expect(status).toBe(201);
    expect(headers["location"]).toBe(`/v1/bots/${body.data.id}`);
    expect(body.data).toEqual({
      id: expect.stringMatching(/^bot_[0-9a-hjkmnp-tv-z]{26}$/),
      name: "Concierge",
      description: null,
      status: "active",
      settings: {
        context_window: 10,
        system_prompt: null,
        typing_indicator: true,
        response_delay: { min_ms: 0, max_ms: 0 },
        should_respond: { groups: "mention" },
        conversation: { mode: "auto", session_timeout_minutes: null, collect_ms: 0 },
        routing: { sticky: null },
        error_message: expect.any(String),
      },
      created_at: new Date(platform.clock()).toISOString(),
      updated_at: new Date(platform.clock()).toISOString(),
    });
    const read = await platform.call("getBot", { as: key, params: { id: body.data.id } });
    expect(read.body.data).toEqual(body.data);
  });

  it("gives the bot an echo integration", async () => {
    const { key } = await platform.team();
    const { body } = await create(key, { name: "Concierge" });
    const list = await platform.call("listIntegrations", {
      as: key,
      params: { bot_id: body.data.id },
    });
    expect(list.body.data).toMatchObject([{ type: "echo", name: "Echo", bot_id: body.data.id }]);
  });

  it.each([
    ["no name", {}, "body.name", "Required."],
    ["an empty name", { name: "" }, "body.name", "Must be 1 to 100 characters long."],
    ["101 characters", { name: "é".repeat(101) }, "body.name", "Must be 1 to 100 characters long."],
    ["half a surrogate pair", { name: "\ud800" }, "body.name", "Holds half of a surrogate pair"],
    ["a number as name", { name: 5 }, "body.name", "Must be a string."],
    [
      "a field nobody knows",
      { name: "A", colour: "red" },
      "body.colour",
      "There is no such field.",
    ],
    [
      "a field in the wrong place",
      { name: "A", system_prompt: "Be kind." },
      "body.system_prompt",
      "There is no such field. Did you mean body.settings.system_prompt?",
    ],
    [
      "a name as others write it",
      { name: "A", settings: { contextWindow: 5 } },
      "body.settings.contextWindow",
      "There is no such field. Did you mean body.settings.context_window?",
    ],
    [
      "a wrong status",
      { name: "A", status: "off" },
      "body.status",
      'Must be "active" or "paused".',
    ],
    [
      "too large a window",
      { name: "A", settings: { context_window: 101 } },
      "body.settings.context_window",
      "Must be a whole number from 1 to 100.",
    ],
    [
      "a delay whose end lies before its beginning",
      { name: "A", settings: { response_delay: { min_ms: 5, max_ms: 4 } } },
      "body.settings.response_delay.max_ms",
      "Must be at least min_ms.",
    ],
    [
      "sessions without a timeout",
      { name: "A", settings: { conversation: { mode: "session" } } },
      "body.settings.conversation.session_timeout_minutes",
      "Is required with the mode session",
    ],
    ["an array as body", [], "body", "Must be an object."],
  ])("refuses %s and points at it", async (_, body, path, message) => {
    const { key } = await platform.team();
    const answer = await create(key, body);
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toEqual([
      { path, message: expect.stringContaining(message) },
    ]);
    expect((await platform.call("listBots", { as: key })).body.meta.total).toBe(0);
  });

  it("counts the length of a name in characters, not in UTF-16 units", async () => {
    const { key } = await platform.team();
    expect((await create(key, { name: "😀".repeat(100) })).status).toBe(201);
  });

  it("creates one bot however often a request with one Idempotency-Key is sent", async () => {
    const { key } = await platform.team();
    const headers = { "idempotency-key": "once" };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => create(key, { name: "Concierge" }, headers)),
    );
    const created = answers.filter(({ status }) => status === 201);
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect(new Set(created.map(({ body }) => body.data.id)).size).toBe(1);
    const again = await create(key, { name: "Concierge" }, headers);
    expect([again.status, again.headers["idempotent-replayed"]]).toEqual([201, "true"]);
    expect(again.body).toEqual(created[0]?.body);
    expect(again.headers["location"]).toBe(created[0]?.headers["location"]);
    expect((await platform.call("listBots", { as: key })).body.meta.total).toBe(1);
  });

  it("refuses an Idempotency-Key that was used with another body", async () => {
    const { key } = await platform.team();
    const headers = { "idempotency-key": "once" };
    await create(key, { name: "One" }, headers);
    const answer = await create(key, { name: "Two" }, headers);
    expect(answer).toBeRefused(422, "idempotency_key_reused");
  });

  it("stops at 500 bots", async () => {
    const { id, key } = await platform.team();
    const { body: first } = await create(key, { name: "First" });
    const row = await platform.table.get(keys.bot(id, first.data.id));
    const others = Array.from({ length: 499 }, () => newId("bot"));
    await Promise.all(
      others.map((bot) => platform.table.putIfAbsent({ ...row, id: bot, ...keys.bot(id, bot) })),
    );
    const { status, body } = await create(key, { name: "One more" });
    expect({ status, body }).toBeRefused(409, "conflict");
    expect(body.error.message).toContain("500");
  });
});
