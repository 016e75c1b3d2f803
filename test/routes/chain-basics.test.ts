import { describe, expect, it } from "@jest/globals";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();

const limitHeaders = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

/** Requests of one team that end in each way the chain knows. */
async function answersOfAllKinds() {
  const chat = await openWebChat(platform);
  const as = chat.key;
  const restricted = await chat.team.keyWith("bots:read");
  const params = { id: chat.bot_id };
  return {
    ok: await platform.call("getBot", { as, params }),
    list: await platform.call("listBots", { as }),
    created: await platform.call("createBot", { as, body: { name: "A" } }),
    unread: await platform.call("createBot", { as, rawBody: "{" }),
    forbidden: await platform.call("createBot", { as: restricted, body: { name: "A" } }),
    missing: await platform.call("getBot", { as, params: { id: "bot_1" } }),
    large: await platform.call("createBot", { as, rawBody: "x".repeat(300_000) }),
    invalid: await platform.call("createBot", { as, body: {} }),
  };
}

describe("Every answer", () => {
  it("has a request id of its own, which errors repeat in their body", async () => {
    const answers = Object.values(await answersOfAllKinds());
    const ids = answers.map(({ headers }) => headers["x-request-id"]);
    expect(ids.every((id) => id !== undefined && id.length > 0)).toBe(true);
    expect(new Set(ids).size).toBe(answers.length);
    for (const { status, headers, body } of answers.filter((answer) => answer.status >= 400)) {
      expect([status, body.error.request_id]).toEqual([status, headers["x-request-id"]]);
    }
  });

  it("is JSON in UTF-8 and says so", async () => {
    for (const { headers } of Object.values(await answersOfAllKinds())) {
      expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    }
  });

  it("says how much of the key's minute is left, whatever became of the request", async () => {
    const { key } = await platform.team("pro");
    const reset = (Math.floor(platform.clock() / 60_000) + 1) * 60;
    const statuses: number[] = [];
    const ask = async (operationId: string, request: object, left: number) => {
      const { status, headers } = await platform.call(operationId, { as: key, ...request });
      statuses.push(status);
      expect(limitHeaders.map((name) => headers[name])).toEqual(["300", `${left}`, `${reset}`]);
    };
    await ask("getTeam", {}, 299);
    await ask("createBot", { body: { name: "A" } }, 298);
    await ask("createBot", { body: {} }, 297);
    await ask("createBot", { rawBody: "{" }, 296);
    await ask("getBot", { params: { id: "bot_1" } }, 295);
    await ask("listBots", { query: { cursor: "x" } }, 294);
    expect(statuses).toEqual([200, 201, 422, 400, 404, 400]);
  });

  it("says nothing of limits when there is no key", async () => {
    const answers = [
      await platform.call("getHealth"),
      await platform.call("getTeam"),
      await platform.call("getTeam", { as: "sk_live_nonsense" }),
    ];
    for (const { headers } of answers) {
      expect(limitHeaders.filter((name) => name in headers)).toEqual([]);
    }
  });
});

describe("Every route", () => {
  it("with a scope refuses a request without a key, and one whose key has no scope", async () => {
    const team = await platform.team();
    const key = await team.keyWith();
    const refused: string[] = [];
    for (const { route } of platform.manifest.routes) {
      const { operationId, auth } = route;
      if (!("scope" in auth)) continue;
      const nobody = await platform.call(operationId);
      expect([operationId, nobody.status]).toEqual([operationId, 401]);
      if (auth.scope === "any") continue;
      const { status, body } = await platform.call(operationId, { as: key });
      expect([operationId, status]).toEqual([operationId, 403]);
      expect(body.error.message).toContain(` ${auth.scope}.`);
      refused.push(operationId);
    }
    expect(refused.length).toBeGreaterThan(20);
  });

  it("does not let a key with only a `write` scope read", async () => {
    const team = await platform.team();
    const key = await team.keyWith("bots:write");
    const { status, body } = await platform.call("createBot", { as: key, body: { name: "A" } });
    expect(status).toBe(201);
    const read = await platform.call("getBot", { as: key, params: { id: body.data.id } });
    expect(read.status).toBe(403);
  });

  it("is open to `admin`", async () => {
    const team = await platform.team();
    const key = await team.keyWith("admin");
    const { status, body } = await platform.call("createBot", { as: key, body: { name: "A" } });
    expect(status).toBe(201);
    const read = await platform.call("getBot", { as: key, params: { id: body.data.id } });
    expect(read.status).toBe(200);
  });
});

describe("What is created", () => {
  it("is found where Location says", async () => {
    const { key, bot_id, channel_id } = await openWebChat(platform);
    const made = [
      await platform.call("createBot", { as: key, body: { name: "A" } }),
      await platform.call("createIntegration", {
        as: key,
        params: { bot_id },
        body: { name: "A", type: "echo" },
      }),
      await platform.call("createChannel", { as: key, params: { bot_id }, body: { type: "web" } }),
    ];
    expect(made.map(({ headers }) => headers["location"])).toEqual([
      `/v1/bots/${made[0]?.body.data.id}`,
      `/v1/integrations/${made[1]?.body.data.id}`,
      `/v1/channels/${made[2]?.body.data.id}`,
    ]);
    const sent = await platform.call("sendMessage", {
      as: key,
      params: { id: channel_id },
      body: { user: { id: "ada" }, content: "Hello!" },
    });
    expect(sent.status).toBe(201);
    const read = await platform.call("getBot", { as: key, params: { id: bot_id } });
    expect([read.status, read.headers["location"]]).toEqual([200, undefined]);
  });

  it("has an id that sorts by the time at which it was made", async () => {
    const { key } = await platform.team();
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) {
      platform.advance(1);
      const { body } = await platform.call("createBot", { as: key, body: { name: "A" } });
      ids.push(body.data.id);
    }
    expect(ids).toEqual(ids.toSorted());
    expect(ids.every((id) => /^bot_[0-9a-hjkmnp-tv-z]{26}$/.test(id))).toBe(true);
  });

  it("shows its times in ISO 8601 in UTC with milliseconds", async () => {
    const { key } = await platform.team();
    platform.advance(7);
    const { body } = await platform.call("createBot", { as: key, body: { name: "A" } });
    for (const time of [body.data.created_at, body.data.updated_at]) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(Date.parse(time)).toBe(platform.clock());
    }
  });
});

describe("PATCH and DELETE", () => {
  it("keep what is left out, clear what is null, merge what is nested and change nothing for {}", async () => {
    const { key } = await platform.team();
    const { body } = await platform.call("createBot", {
      as: key,
      body: {
        name: "A",
        description: "First",
        settings: { context_window: 5, system_prompt: "S" },
      },
    });
    const request = { as: key, params: { id: body.data.id } };
    const update = async (change: unknown) =>
      (await platform.call("updateBot", { ...request, body: change })).body.data;
    expect(await update({})).toEqual(body.data);
    platform.advance(1);
    const changed = await update({ description: null, settings: { context_window: 7 } });
    expect(changed).toMatchObject({
      name: "A",
      description: null,
      settings: { context_window: 7, system_prompt: "S" },
    });
    expect(changed.updated_at).not.toBe(body.data.updated_at);
    expect(changed.created_at).toBe(body.data.created_at);
  });

  it("answer a deletion with the id, and the second one with 404", async () => {
    const chat = await openWebChat(platform);
    const conversation = await chat.talk("Hello!");
    const ids: [string, string][] = [
      ["deleteConversation", conversation],
      ["deleteChannel", chat.channel_id],
      ["deleteBot", chat.bot_id],
    ];
    for (const [operationId, id] of ids) {
      const request = { as: chat.key, params: { id } };
      const first = await platform.call(operationId, request);
      expect([first.status, first.body]).toEqual([200, { data: { id, deleted: true } }]);
      expect((await platform.call(operationId, request)).status).toBe(404);
    }
  });
});
