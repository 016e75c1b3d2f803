import { describe, expect, it } from "@jest/globals";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const create = async (as: string, body: unknown = { name: "Concierge" }) =>
  (await platform.call("createBot", { as, body })).body.data;

describe("GET /v1/bots/{id}", () => {
  itRefuses("getBot", platform, async (as) => ({ as, params: { id: (await create(as)).id } }));

  it("shows what was set, to the letter", async () => {
    const { key } = await platform.team();
    const set = {
      name: "  Zoë's “bot” 🤖\u0000\r\n ",
      description: "",
      status: "paused",
      settings: {
        context_window: 100,
        system_prompt: "You are <b>kind</b>.\n\u2028{{name}} \\u0041",
        typing_indicator: false,
        response_delay: { min_ms: 0, max_ms: 60_000 },
        should_respond: { groups: "never" },
        conversation: { mode: "session", session_timeout_minutes: 10_080, collect_ms: 10_000 },
        routing: { sticky: "conversation" },
        error_message: "…",
      },
    };
    const created = await create(key, set);
    const { status, body } = await platform.call("getBot", { as: key, params: { id: created.id } });
    expect(status).toBe(200);
    expect(body).toEqual({ data: { ...created, ...set } });
  });

  it("shows nothing of how it is stored", async () => {
    const { key } = await platform.team();
    const { id } = await create(key);
    const { body } = await platform.call("getBot", { as: key, params: { id } });
    expect(Object.keys(body.data)).toEqual([
      "id",
      "name",
      "description",
      "status",
      "settings",
      "created_at",
      "updated_at",
    ]);
  });

  it("shows a change as soon as it was answered", async () => {
    const { key } = await platform.team();
    const { id } = await create(key);
    for (const name of ["One", "Two", "Three"]) {
      await platform.call("updateBot", { as: key, params: { id }, body: { name } });
      const { body } = await platform.call("getBot", { as: key, params: { id } });
      expect(body.data.name).toBe(name);
    }
  });

  it("answers 404 for an id in capitals, with another prefix or with something behind it", async () => {
    const { key } = await platform.team();
    const { id } = await create(key);
    for (const wrong of [id.toUpperCase(), id.replace("bot_", "int_"), `${id}0`, `${id}\n`]) {
      const { status } = await platform.call("getBot", { as: key, params: { id: wrong } });
      expect([wrong, status]).toEqual([wrong, 404]);
    }
  });

  it("says which request it was, and how much of the key's minute is left", async () => {
    const { key } = await platform.team("pro");
    const { id } = await create(key);
    const first = await platform.call("getBot", { as: key, params: { id } });
    const second = await platform.call("getBot", { as: key, params: { id } });
    expect(first.headers).toMatchObject({
      "x-request-id": expect.stringMatching(/^req_/),
      "x-ratelimit-limit": "300",
      "x-ratelimit-remaining": "298",
      "x-ratelimit-reset": String((Math.floor(platform.clock() / 60_000) + 1) * 60),
    });
    expect(second.headers["x-ratelimit-remaining"]).toBe("297");
    expect(second.headers["x-request-id"]).not.toBe(first.headers["x-request-id"]);
  });

  it("refuses a parameter that it does not have", async () => {
    const { key } = await platform.team();
    const { id } = await create(key);
    const { status, body } = await platform.call("getBot", {
      as: key,
      params: { id },
      query: "expand=channels",
    });
    expect([status, body.error.details]).toEqual([
      422,
      [{ path: "query.expand", message: "There is no such parameter." }],
    ]);
  });
});
