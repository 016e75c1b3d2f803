import { describe, expect, it } from "@jest/globals";
import { loopFields } from "#lib/one-of-each";
import { newId } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const create = (as: string, body: unknown, headers: Record<string, string> = {}) =>
  platform.call("createAgentLoop", { as, body, headers });

const crms = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    type: "mcp",
    name: `crm-${n}`,
    url: "https://crm.example.com/mcp",
  }));

describe("POST /v1/agent-loops", () => {
  itRefuses("createAgentLoop", platform, async (as) => ({ as, body: loopFields }));

  it("creates the loop with the documented defaults and says where it is", async () => {
    const { key } = await platform.team();
    const { status, headers, body } = await create(key, loopFields);
    expect(status).toBe(201);
    expect(headers["location"]).toBe(`/v1/agent-loops/${body.data.id}`);
    expect(body.data).toMatchObject({
      ...loopFields,
      status: "active",
      description: null,
      model: { provider: "echo", name: "echo", base_url: null, api_key: null, headers: {} },
      tools: [],
      callback: null,
      max_iterations: 10,
      timeout_seconds: 900,
      token_budget: null,
      schedule: null,
      next_run_at: null,
      last_execution_at: null,
      signing_secret: null,
    });
  });

  it("masks keys and header values, and keeps them out of the table in plain text", async () => {
    const { id: teamId, key } = await platform.team();
    const secret = "sk-live-9f8e7d6c5b4a";
    const { body } = await create(key, {
      ...loopFields,
      model: { provider: "openai", name: "m", api_key: secret, headers: { "X-A": `${secret}1` } },
      tools: [
        {
          type: "mcp",
          name: "crm",
          url: "https://crm.example.com/mcp",
          headers: { A: `${secret}2` },
        },
      ],
      callback: { url: "https://example.com/cb", headers: { B: `${secret}3` } },
    });
    expect(body.data.model.api_key).toBe("••••5b4a");
    expect(body.data.model.headers).toEqual({ "X-A": "••••b4a1" });
    expect(body.data.tools[0].headers).toEqual({ A: "••••b4a2" });
    expect(body.data.callback.headers).toEqual({ B: "••••b4a3" });
    expect(body.data.signing_secret).toMatch(/^whsec_/);
    const rows = await platform.table.queryAll({ pk: `TEAM#${teamId}` });
    expect(JSON.stringify(rows)).not.toContain(secret);
    const read = await platform.call("getAgentLoop", { as: key, params: { id: body.data.id } });
    expect(read.body.data).not.toHaveProperty("signing_secret");
    expect(read.text).not.toContain(secret);
  });

  it.each([
    ["no system prompt", { name: "A", user_message: "x" }, "body.system_prompt", "Required."],
    [
      "101 iterations",
      { ...loopFields, max_iterations: 101 },
      "body.max_iterations",
      "from 1 to 100",
    ],
    [
      "9 seconds",
      { ...loopFields, timeout_seconds: 9 },
      "body.timeout_seconds",
      "from 10 to 86400",
    ],
    [
      "a cron that never fires",
      { ...loopFields, schedule: { cron: "0 0 31 2 *" } },
      "body.schedule.cron",
      "Never fires",
    ],
    [
      "a cron with seconds",
      { ...loopFields, schedule: { cron: "0 0 9 * * 1" } },
      "body.schedule.cron",
      "five fields",
    ],
    [
      "an unknown time zone",
      { ...loopFields, schedule: { cron: "0 9 * * 1", timezone: "Mars/Olympus" } },
      "body.schedule.timezone",
      "IANA",
    ],
    [
      "a schedule that says nothing",
      { ...loopFields, schedule: {} },
      "body.schedule",
      "Must be {cron, timezone, overlap} or {every_minutes, overlap}.",
    ],
    [
      "a schedule of both kinds",
      { ...loopFields, schedule: { cron: "0 9 * * 1", every_minutes: 5 } },
      "body.schedule",
      "Must be {cron, timezone, overlap} or {every_minutes, overlap}.",
    ],
    [
      "a schedule every 0 minutes",
      { ...loopFields, schedule: { every_minutes: 0 } },
      "body.schedule.every_minutes",
      "from 1 to 10080",
    ],
    [
      "a cron with a field nobody knows",
      { ...loopFields, schedule: { cron: "0 9 * * 1", zone: "UTC" } },
      "body.schedule",
      "Must be {cron, timezone, overlap} or {every_minutes, overlap}.",
    ],
    [
      "an overlap nobody knows",
      { ...loopFields, schedule: { every_minutes: 5, overlap: "queue" } },
      "body.schedule.overlap",
      'Must be "skip" or "allow".',
    ],
    [
      "a schedule whose prompts need variables",
      { ...loopFields, user_message: "Say {{what}}", schedule: { every_minutes: 5 } },
      "body.schedule",
      "no variables, and user_message has {{…}}",
    ],
    [
      "a cron of four fields",
      { ...loopFields, schedule: { cron: "* * * *" } },
      "body.schedule.cron",
      "Must have five fields: minute, hour, day of month, month, day of week.",
    ],
    [
      "a tool whose name begins with -",
      { ...loopFields, tools: [{ type: "mcp", name: "-crm", url: "https://crm.example.com/mcp" }] },
      "body.tools.0.name",
      "and not begin with -",
    ],
    [
      "two tools with one name",
      { ...loopFields, tools: [{ type: "time" }, { type: "time" }] },
      "body.tools.1.type",
      "another tool with the name time",
    ],
    [
      "a header named Host",
      {
        ...loopFields,
        callback: { url: "https://example.com/cb", headers: { Host: "x" } },
      },
      "body.callback.headers.Host",
      "We set this header ourselves",
    ],
    [
      "an unknown provider",
      { ...loopFields, model: { provider: "clippy", name: "x" } },
      "body.model.provider",
      "Must be",
    ],
    [
      "a mask of nothing",
      { ...loopFields, model: { provider: "openai", name: "m", api_key: "••••abcd" } },
      "body.model.api_key",
      "Is a mask",
    ],
    [
      "an unknown tool type",
      { ...loopFields, tools: [{ type: "ftp" }] },
      "body.tools.0.type",
      "Must be",
    ],
  ])("refuses %s and points at it", async (_, body, path, message) => {
    const { key } = await platform.team();
    const answer = await create(key, body);
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toEqual([
      { path, message: expect.stringContaining(message) },
    ]);
  });

  it("refuses private addresses where they are not allowed", async () => {
    const { key } = await platform.team();
    process.env["ALLOW_PRIVATE_URLS"] = "false";
    const answer = await create(key, {
      ...loopFields,
      model: { provider: "openai", name: "m", base_url: "http://10.0.0.1/v1" },
      callback: { url: "https://localhost/cb" },
    });
    process.env["ALLOW_PRIVATE_URLS"] = "true";
    expect(answer).toBeRefused(422, "url_not_allowed");
    expect(answer.body.error.details.map(({ path }: { path: string }) => path)).toEqual([
      "body.model.base_url",
      "body.callback.url",
    ]);
  });

  it("says when a schedule runs next, in its own time zone", async () => {
    const { key } = await platform.team();
    const { body } = await create(key, {
      ...loopFields,
      schedule: { cron: "0 9 * * 1-5", timezone: "Europe/Berlin" },
    });
    expect(body.data.next_run_at).toBe("2026-03-04T08:00:00.000Z");
    const every = await create(key, { ...loopFields, schedule: { every_minutes: 5 } });
    expect(Date.parse(every.body.data.next_run_at)).toBe(platform.clock() + 300_000);
  });

  it("makes one loop with one secret however often the request is sent", async () => {
    const { key } = await platform.team();
    const body = { ...loopFields, callback: { url: "https://example.com/cb" } };
    const headers = { "idempotency-key": "once" };
    const first = await create(key, body, headers);
    const again = await create(key, body, headers);
    expect(again.headers["idempotent-replayed"]).toBe("true");
    expect(again.body).toEqual(first.body);
    expect((await platform.call("listAgentLoops", { as: key })).body.meta.total).toBe(1);
  });

  it.each([
    ["name", "n".repeat(100), "n".repeat(101), "Must be 1 to 100 characters long."],
    ["name", "😀".repeat(100), "", "Must be 1 to 100 characters long."],
    ["description", "d".repeat(500), "d".repeat(501), "Must be at most 500 characters long."],
    ["status", "paused", "stopped", 'Must be "active" or "paused".'],
    ["system_prompt", "s".repeat(20_000), "", "Must be 1 to 20000 characters long."],
    [
      "user_message",
      "😀".repeat(20_000),
      "x".repeat(20_001),
      "Must be 1 to 20000 characters long.",
    ],
    ["max_iterations", 100, 0, "Must be a whole number from 1 to 100."],
    ["timeout_seconds", 86_400, 86_401, "Must be a whole number from 10 to 86400."],
    ["timeout_seconds", 10, 10.5, "Must be a whole number from 10 to 86400."],
    ["token_budget", 1, 0, "Must be a whole number from 1 to 1000000000."],
    ["token_budget", null, "1", "Must be a whole number from 1 to 1000000000."],
    ["tools", crms(20), crms(21), "Must be at most 20 tools."],
  ])(
    "takes the utmost of %s and refuses what is beyond",
    async (field, utmost, beyond, message) => {
      const { key } = await platform.team();
      expect((await create(key, { ...loopFields, [field]: utmost })).status).toBe(201);
      const { status, body } = await create(key, { ...loopFields, [field]: beyond });
      expect([status, body.error.details]).toEqual([422, [{ path: `body.${field}`, message }]]);
    },
  );

  it("refuses a loop that no row has room for, and says what to shorten", async () => {
    const { key } = await platform.team();
    const { status, body } = await create(key, {
      ...loopFields,
      system_prompt: "😀".repeat(20_000),
      user_message: "ж".repeat(20_000),
    });
    expect([status, body.error.details]).toEqual([
      422,
      [
        {
          path: "body",
          message: "The agent loop is too large. Shorten prompts, headers or tools.",
        },
      ],
    ]);
  });

  it("stops at 500 agent loops", async () => {
    const { id, key } = await platform.team();
    const { body: first } = await create(key, loopFields);
    const row = await platform.table.get(keys.agentLoop(id, first.data.id));
    const others = Array.from({ length: 499 }, () => newId("loop"));
    await Promise.all(
      others.map((loop) =>
        platform.table.putIfAbsent({ ...row, id: loop, ...keys.agentLoop(id, loop) }),
      ),
    );
    const { status, body } = await create(key, loopFields);
    expect({ status, body }).toBeRefused(409, "conflict");
    expect(body.error.message).toContain("500");
  });
});
