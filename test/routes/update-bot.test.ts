import { describe, expect, it } from "@jest/globals";
import { largest } from "#test/support/largest";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const create = async (as: string, body: object = {}) =>
  (await platform.call("createBot", { as, body: { name: "Concierge", ...body } })).body.data;

const update = (as: string, id: string, body: unknown) =>
  platform.call("updateBot", { as, params: { id }, body });

const read = async (as: string, id: string) =>
  (await platform.call("getBot", { as, params: { id } })).body.data;

/** A bot of a new team, made a second ago. */
async function aBot(settings: object = {}) {
  const { key } = await platform.team();
  const bot = await create(key, settings);
  platform.advance(1_000);
  return { key, bot, change: (body: unknown) => update(key, bot.id, body) };
}

describe("PATCH /v1/bots/{id}", () => {
  itRefuses("updateBot", platform, async (as) => ({
    as,
    params: { id: (await create(as)).id },
    body: { name: "New" },
  }));

  it("changes what is given, leaves the rest, and says when", async () => {
    const { key, bot, change } = await aBot({ description: "Answers" });
    const { status, body } = await change({ name: "New", status: "paused" });
    expect(status).toBe(200);
    expect(body.data).toEqual({
      ...bot,
      name: "New",
      status: "paused",
      updated_at: new Date(platform.clock()).toISOString(),
    });
    expect(body.data.updated_at).not.toBe(bot.created_at);
    expect(await read(key, bot.id)).toEqual(body.data);
  });

  it("merges nested settings to any depth", async () => {
    const { bot, change } = await aBot({
      settings: {
        context_window: 5,
        response_delay: { min_ms: 10, max_ms: 20 },
        conversation: { mode: "session", session_timeout_minutes: 30, collect_ms: 500 },
      },
    });
    const { body } = await change({
      settings: { response_delay: { max_ms: 15 }, conversation: { mode: "user" } },
    });
    expect(body.data.settings).toEqual({
      ...bot.settings,
      response_delay: { min_ms: 10, max_ms: 15 },
      conversation: { mode: "user", session_timeout_minutes: 30, collect_ms: 500 },
    });
  });

  it("clears what can be null, and nothing else", async () => {
    const { bot, change } = await aBot({
      description: "Answers",
      settings: {
        system_prompt: "Be kind.",
        conversation: { mode: "auto", session_timeout_minutes: 30 },
      },
    });
    const { body } = await change({
      description: null,
      settings: { system_prompt: null, conversation: { session_timeout_minutes: null } },
    });
    expect(body.data).toMatchObject({
      description: null,
      settings: {
        ...bot.settings,
        system_prompt: null,
        conversation: { mode: "auto", session_timeout_minutes: null },
      },
    });
  });

  it.each([
    ["nothing", {}],
    ["empty settings", { settings: {} }],
    ["empty settings within settings", { settings: { response_delay: {}, should_respond: {} } }],
    [
      "what it is already",
      { name: "Concierge", description: null, settings: { context_window: 10 } },
    ],
  ])("changes nothing and keeps updated_at when it is given %s", async (_, body) => {
    const { key, bot, change } = await aBot();
    const answer = await change(body);
    expect([answer.status, answer.body.data]).toEqual([200, bot]);
    expect(await read(key, bot.id)).toEqual(bot);
  });

  it("names every field that nobody sets when it is sent what it answers", async () => {
    const { bot, change } = await aBot();
    const { status, body } = await change({ ...bot, name: "New" });
    expect(status).toBe(422);
    const message = "Read only; leave it out.";
    expect(body.error.details).toEqual([
      { path: "body.id", message },
      { path: "body.created_at", message },
      { path: "body.updated_at", message },
    ]);
  });

  it.each([
    ["an id", { id: "bot_01jd7zq3c8e9v5r2k4m6n8p0ab" }, "body.id", "Read only; leave it out."],
    [
      "a time",
      { created_at: "2020-01-01T00:00:00Z" },
      "body.created_at",
      "Read only; leave it out.",
    ],
    ["a version", { version: 1 }, "body.version", "There is no such field."],
    ["__proto__", JSON.parse('{"__proto__":{"status":"paused"}}'), "body.__proto__", "There is no"],
    ["an inherited name", { toString: "x" }, "body.toString", "There is no such field."],
    ["a mistyped setting", { settings: { window: 5 } }, "body.settings.window", "There is no such"],
    ["null as name", { name: null }, "body.name", "Must be a string."],
    ["null as settings", { settings: null }, "body.settings", "Must be an object."],
    ["a list as settings", { settings: [] }, "body.settings", "Must be an object."],
    [
      "null as delay",
      { settings: { response_delay: null } },
      "body.settings.response_delay",
      "Must be an object.",
    ],
    [
      "null as window",
      { settings: { context_window: null } },
      "body.settings.context_window",
      "Must be a whole number from 1 to 100.",
    ],
    [
      "a window as text",
      { settings: { context_window: "10" } },
      "body.settings.context_window",
      "Must be a whole number from 1 to 100.",
    ],
    [
      "half a window",
      { settings: { context_window: 1.5 } },
      "body.settings.context_window",
      "Must be a whole number from 1 to 100.",
    ],
    [
      "a window of none",
      { settings: { context_window: 0 } },
      "body.settings.context_window",
      "Must be a whole number from 1 to 100.",
    ],
    [
      "too long a prompt",
      { settings: { system_prompt: "x".repeat(20_001) } },
      "body.settings.system_prompt",
      "Must be at most 20000 characters long.",
    ],
    [
      "text as a switch",
      { settings: { typing_indicator: "true" } },
      "body.settings.typing_indicator",
      "Must be true or false.",
    ],
    [
      "too long a delay",
      { settings: { response_delay: { max_ms: 60_001 } } },
      "body.settings.response_delay.max_ms",
      "Must be a whole number from 0 to 60000.",
    ],
    [
      "a negative delay",
      { settings: { response_delay: { min_ms: -1 } } },
      "body.settings.response_delay.min_ms",
      "Must be a whole number from 0 to 60000.",
    ],
    [
      "a beginning of the delay that lies behind the stored end",
      { settings: { response_delay: { min_ms: 1 } } },
      "body.settings.response_delay.max_ms",
      "Must be at least min_ms.",
    ],
    [
      "a wrong word for groups",
      { settings: { should_respond: { groups: "sometimes" } } },
      "body.settings.should_respond.groups",
      'Must be "mention" or "always" or "never".',
    ],
    [
      "sessions, and no timeout is stored",
      { settings: { conversation: { mode: "session" } } },
      "body.settings.conversation.session_timeout_minutes",
      "Is required with the mode session",
    ],
    [
      "a timeout of a week and a minute",
      { settings: { conversation: { session_timeout_minutes: 10_081 } } },
      "body.settings.conversation.session_timeout_minutes",
      "Must be a whole number from 1 to 10080.",
    ],
    [
      "collecting for longer than ten seconds",
      { settings: { conversation: { collect_ms: 10_001 } } },
      "body.settings.conversation.collect_ms",
      "Must be a whole number from 0 to 10000.",
    ],
    [
      "routing that sticks to a user",
      { settings: { routing: { sticky: "user" } } },
      "body.settings.routing.sticky",
      'Must be "conversation"',
    ],
    [
      "an empty error message",
      { settings: { error_message: "" } },
      "body.settings.error_message",
      "Must be 1 to 500 characters long.",
    ],
    ["text as body", "name=New", "body", "Must be an object."],
    ["null as body", null, "body", "Must be an object."],
  ])("refuses %s, points at it and changes nothing", async (_, body, path, message) => {
    const { key, bot, change } = await aBot();
    const answer = await change(body);
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toEqual([
      { path, message: expect.stringContaining(message) },
    ]);
    expect(await read(key, bot.id)).toEqual(bot);
  });

  it("refuses to take away the timeout that the stored mode needs", async () => {
    const { change } = await aBot({
      settings: { conversation: { mode: "session", session_timeout_minutes: 30 } },
    });
    const { status, body } = await change({
      settings: { conversation: { session_timeout_minutes: null } },
    });
    expect([status, body.error.details[0].path]).toEqual([
      422,
      "body.settings.conversation.session_timeout_minutes",
    ]);
  });

  it("refuses the whole request when one of its fields is wrong, and names all that are", async () => {
    const { key, bot, change } = await aBot();
    const { status, body } = await change({ name: "New", status: 1, settings: { a: 1, b: 2 } });
    expect(status).toBe(422);
    expect(body.error.details).toHaveLength(2);
    expect(await read(key, bot.id)).toEqual(bot);
  });

  it("refuses a bot of more than 32 KiB and says what to shorten", async () => {
    const { key, bot, change } = await aBot();
    const { status, body } = await change({ settings: { system_prompt: "😀".repeat(20_000) } });
    expect([status, body.error.details]).toEqual([
      422,
      [{ path: "body.settings", message: expect.stringMatching(/32 KiB.*[Ss]horten/) }],
    ]);
    expect(await read(key, bot.id)).toEqual(bot);
  });

  it("changes a bot that was just small enough to be made, and makes it no larger", async () => {
    const { key } = await platform.team();
    const make = (letters: number) =>
      platform.call("createBot", {
        as: key,
        body: { name: "Concierge", settings: { system_prompt: "ж".repeat(letters) } },
      });
    const most = await largest(20_000, async (letters) => (await make(letters)).status === 201);
    const { id } = (await make(most)).body.data;
    expect((await update(key, id, { status: "paused" })).status).toBe(200);
    expect((await update(key, id, { settings: { context_window: 20 } })).status).toBe(200);
    expect((await update(key, id, { description: "More" })).status).toBe(422);
  });

  it("stores a prompt of 20,000 letters", async () => {
    const { key, bot, change } = await aBot();
    const system_prompt = "x".repeat(20_000);
    expect((await change({ settings: { system_prompt } })).status).toBe(200);
    expect((await read(key, bot.id)).settings.system_prompt).toBe(system_prompt);
  });

  it("keeps both of two changes of different fields that are made at the same moment", async () => {
    const { key, bot } = await aBot();
    for (let round = 1; round <= 10; round++) {
      const answers = await Promise.all([
        update(key, bot.id, { name: `Name ${round}` }),
        update(key, bot.id, { settings: { context_window: round } }),
        update(key, bot.id, { settings: { response_delay: { max_ms: round } } }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(await read(key, bot.id)).toMatchObject({
        name: `Name ${round}`,
        settings: { context_window: round, response_delay: { max_ms: round } },
      });
    }
  });

  it("asks to repeat a change, rather than lose it, when too many are made at the same moment", async () => {
    const { key, bot } = await aBot();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => update(key, bot.id, { name: `Name ${index}` })),
    );
    const done = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(done.length).toBeGreaterThanOrEqual(20);
    expect(done.map(({ body }) => body.data.name)).toContain((await read(key, bot.id)).name);
    for (const { status, headers, body } of refused) {
      expect({ status, body }).toBeRefused(503, "service_unavailable");
      expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    }
  });

  it("checks a change together with one that came first", async () => {
    const { key, bot } = await aBot({ settings: { response_delay: { min_ms: 0, max_ms: 10 } } });
    for (let round = 0; round < 5; round++) {
      await update(key, bot.id, { settings: { response_delay: { min_ms: 0, max_ms: 10 } } });
      const answers = await Promise.all([
        update(key, bot.id, { settings: { response_delay: { min_ms: 9 } } }),
        update(key, bot.id, { settings: { response_delay: { max_ms: 8 } } }),
      ]);
      const statuses = answers.map(({ status }) => status);
      expect(statuses.toSorted((one, other) => one - other)).toEqual([200, 422]);
      const { min_ms, max_ms } = (await read(key, bot.id)).settings.response_delay;
      expect(min_ms).toBeLessThanOrEqual(max_ms);
    }
  });

  it("does not bring back a bot that is deleted at the same moment", async () => {
    for (let round = 0; round < 10; round++) {
      const { key, bot } = await aBot();
      const [, gone] = await Promise.all([
        update(key, bot.id, { name: "New" }),
        platform.call("deleteBot", { as: key, params: { id: bot.id } }),
      ]);
      expect(gone.status).toBe(200);
      expect((await platform.call("getBot", { as: key, params: { id: bot.id } })).status).toBe(404);
    }
  });

  it("answers 404 for a deleted bot", async () => {
    const { key, bot, change } = await aBot();
    await platform.call("deleteBot", { as: key, params: { id: bot.id } });
    expect((await change({ name: "New" })).status).toBe(404);
  });
});
