import { afterEach, describe, expect, it } from "@jest/globals";
import { failurePart } from "#shared/integrations/health";
import { createIntegrationStore } from "#shared/integrations/integration-store";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { aBot, createdWebhook } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { rowsWith } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const backend = useFakeBackend(answers.json({ content: "Hello" }));
afterEach(() => {
  process.env["ALLOW_PRIVATE_URLS"] = "true";
});

const create = async (as: string, fields: object = {}) => {
  const webhook = await createdWebhook(platform, as, { url: backend.url, ...fields });
  const { signing_secret: _, ...integration } = webhook;
  return integration;
};

const update = (as: string, id: string, body: unknown) =>
  platform.call("updateIntegration", { as, params: { id }, body });

const read = async (as: string, id: string) =>
  (await platform.call("getIntegration", { as, params: { id } })).body.data;

/** A webhook of a new team, made a second ago. */
async function aWebhook(fields: object = {}) {
  const { key } = await platform.team();
  const integration = await create(key, fields);
  platform.advance(1_000);
  const { id } = integration;
  return {
    key,
    integration,
    change: (body: unknown) => update(key, id, body),
    shown: () => read(key, id),
    /** The headers with which the backend is called now, in lower case. */
    sent: async () => {
      await platform.call("testIntegration", { as: key, params: { id } });
      return backend.requests.at(-1)!.headers;
    },
  };
}

describe("PATCH /v1/integrations/{id}", () => {
  itRefuses("updateIntegration", platform, async (as) => ({
    as,
    params: { id: (await create(as)).id },
    body: { name: "New" },
  }));

  it("changes what is given, leaves the rest, and says when", async () => {
    const { integration, change, shown } = await aWebhook({
      headers: { "X-Token": "a-long-token" },
    });
    const set = {
      name: "New",
      weight: 2.5,
      fallback: true,
      status: "disabled",
      timeout_seconds: 5,
    };
    const { status, body } = await change(set);
    expect(status).toBe(200);
    expect(body.data).toEqual({
      ...integration,
      ...set,
      updated_at: new Date(platform.clock()).toISOString(),
    });
    expect(body.data.updated_at).not.toBe(integration.created_at);
    expect(await shown()).toEqual(body.data);
  });

  it.each([
    ["nothing", {}],
    ["what it is already", { name: "Backend", weight: 1, status: "active" }],
    ["its own headers as they are shown", { headers: { "X-Token": "••••oken", "X-Pin": "••••" } }],
  ])("changes nothing and keeps updated_at when it is given %s", async (_, body) => {
    const headers = { "X-Token": "a-long-token", "X-Pin": "1234" };
    const { integration, change, shown } = await aWebhook({ headers });
    const answer = await change(body);
    expect([answer.status, answer.body.data]).toEqual([200, integration]);
    expect(await shown()).toEqual(integration);
  });

  describe("headers", () => {
    const first = { Authorization: "Bearer 8f14e45fceea3kf9", "X-Pin": "1234" };

    it("replace the whole map", async () => {
      const { change, sent } = await aWebhook({ headers: first });
      const { body } = await change({ headers: { "X-New": "another-token" } });
      expect(body.data.headers).toEqual({ "X-New": "••••oken" });
      const headers = await sent();
      expect(headers["x-new"]).toBe("another-token");
      expect([headers["authorization"], headers["x-pin"]]).toEqual([undefined, undefined]);
    });

    it("keep the stored value where the value is its own mask", async () => {
      const { change, sent } = await aWebhook({ headers: first });
      const given = { Authorization: "••••3kf9", "X-Pin": "••••", "X-New": "new" };
      const { body } = await change({ headers: given });
      expect(body.data.headers).toEqual({ ...given, "X-New": "••••" });
      expect(await sent()).toMatchObject({
        authorization: "Bearer 8f14e45fceea3kf9",
        "x-pin": "1234",
        "x-new": "new",
      });
    });

    it("go when they are left out beside a kept one, or when the map is empty", async () => {
      const { change, sent } = await aWebhook({ headers: first });
      expect((await change({ headers: { "X-Pin": "••••" } })).body.data.headers).toEqual({
        "X-Pin": "••••",
      });
      expect((await sent())["authorization"]).toBeUndefined();
      expect((await change({ headers: {} })).body.data.headers).toEqual({});
      expect((await sent())["x-pin"]).toBeUndefined();
    });

    it("change when the new value has the same mask", async () => {
      const { change, sent } = await aWebhook({ headers: first });
      await change({ headers: { "X-Pin": "5678" } });
      expect((await sent())["x-pin"]).toBe("5678");
    });

    it.each([
      ["another header's mask", { "X-Pin": "••••3kf9" }, "X-Pin"],
      ["a mask of a header that is not there", { "X-New": "••••" }, "X-New"],
      ["its own mask under another case", { authorization: "••••3kf9" }, "authorization"],
      ["a mask with something before it", { Authorization: "Bearer ••••3kf9" }, "Authorization"],
      ["an inherited name", { toString: "••••" }, "toString"],
    ])("refuse %s rather than store it", async (_, headers, name) => {
      const { change, sent } = await aWebhook({ headers: first });
      const { status, body } = await change({ headers });
      expect([status, body.error.details]).toEqual([
        422,
        [
          {
            path: `body.headers.${name}`,
            message: "Is a mask, and no value under this name is stored that it could keep.",
          },
        ],
      ]);
      expect((await sent())["authorization"]).toBe("Bearer 8f14e45fceea3kf9");
    });

    it.each([
      ["a reserved name", { "X-Bot-ID": "1" }, "body.headers.X-Bot-ID", "We set this header"],
      ["a line break", { "X-A": "a\r\nb" }, "body.headers.X-A", "such as line breaks"],
      ["null", null, "body.headers", "Must be an object."],
      ["null for a header", { "X-Pin": null }, "body.headers.X-Pin", "Must be a string."],
      ["a list", [], "body.headers", "Must be an object."],
    ])("refuse %s", async (_, headers, path, message) => {
      const { integration, change, shown } = await aWebhook({ headers: first });
      const { status, body } = await change({ headers });
      expect([status, body.error.details]).toEqual([
        422,
        [{ path, message: expect.stringContaining(message) }],
      ]);
      expect(await shown()).toEqual(integration);
    });

    it("are kept out of the table, of answers and of the log", async () => {
      const { result, lines } = await withLog(async () => {
        const { key, integration, change } = await aWebhook({ headers: first });
        const texts = [
          await change({ headers: { "X-Token": "replacement-token" } }),
          await change({ headers: { "X-Token": "replacement-token", Host: "x" } }),
          await platform.call("getIntegration", { as: key, params: { id: integration.id } }),
        ].map(({ text }) => text);
        return texts.join("\n");
      });
      for (const secret of ["replacement-token", "8f14e45fceea3kf9"]) {
        expect(await rowsWith(secret)).toEqual([]);
        expect(result).not.toContain(secret);
        expect(JSON.stringify(lines)).not.toContain(secret);
      }
    });
  });

  it("needs no key service but for new values", async () => {
    const { change, shown } = await aWebhook({ headers: { "X-Token": "a-long-token" } });
    // Longer than a key is kept in memory without the service.
    platform.advance(13 * 3_600_000);
    platform.faults = ({ operation }) =>
      operation === "Decrypt" ? { kind: "connection_lost" } : undefined;
    expect((await change({ name: "New" })).status).toBe(200);
    expect((await change({ headers: { "X-Token": "••••oken" } })).status).toBe(200);
    const before = await shown();
    const { result } = await withLog(() => change({ headers: { "X-Token": "another-token" } }));
    expect(result).toBeRefused(503, "service_unavailable");
    expect(await shown()).toEqual(before);
  });

  describe("the URL", () => {
    it("changes from the next call on", async () => {
      const { change, sent } = await aWebhook();
      await change({ url: `${backend.url}/v2?tenant=1` });
      await sent();
      expect(backend.requests.at(-1)!.path).toBe("/v2?tenant=1");
    });

    it.each([
      "http://backend.example.com",
      "https://user:password@backend.example.com",
      "https://localhost",
      "https://10.0.0.1",
      "https://[::ffff:10.0.0.1]",
      "backend",
    ])("is refused when it is %s and private ones are not allowed", async (url) => {
      const { integration, change, shown } = await aWebhook();
      process.env["ALLOW_PRIVATE_URLS"] = "false";
      const { status, body } = await change({ url, name: "New" });
      expect({ status, body }).toBeRefused(422, "url_not_allowed");
      expect(body.error.details).toEqual([
        { path: "body.url", message: expect.stringMatching(/^The URL must .+\.$/) },
      ]);
      expect(await shown()).toEqual(integration);
    });

    describe("of another server", () => {
      const headers = { Authorization: "Bearer 8f14e45fceea3kf9", "X-Pin": "1234" };
      const elsewhere = "http://127.0.0.1:9/chat";
      const again = expect.stringContaining("Give it again for the new address.");

      it.each([
        ["left out", undefined, ["Authorization", "X-Pin"]],
        ["their masks", { Authorization: "••••3kf9", "X-Pin": "••••" }, ["Authorization", "X-Pin"]],
        ["in part a mask", { Authorization: "Bearer new-token-9", "X-Pin": "••••" }, ["X-Pin"]],
      ])("gets no header that was given for the old one: %s", async (_, given, names) => {
        const { integration, change, shown } = await aWebhook({ headers });
        const { status, body } = await change({ url: elsewhere, headers: given });
        expect([status, body.error.details]).toEqual([
          422,
          names.map((name) => ({ path: `body.headers.${name}`, message: again })),
        ]);
        expect(await shown()).toEqual(integration);
      });

      it("is taken with new headers, with none, and where none were", async () => {
        const { change } = await aWebhook({ headers });
        const fresh = { headers: { Authorization: "Bearer new-token-9" } };
        expect((await change({ url: elsewhere, ...fresh })).status).toBe(200);
        expect((await change({ url: backend.url, headers: {} })).status).toBe(200);
        expect((await change({ url: elsewhere })).status).toBe(200);
      });

      it("is another port or scheme, and no other path", async () => {
        const { change } = await aWebhook({ headers });
        const other = backend.url.replace("http:", "https:");
        expect((await change({ url: other })).status).toBe(422);
        expect((await change({ url: `${backend.url}/v2?a=1` })).status).toBe(200);
      });
    });

    it("does not stand in the way of other changes when it is no longer allowed", async () => {
      const { change } = await aWebhook();
      process.env["ALLOW_PRIVATE_URLS"] = "false";
      const { status, body } = await change({ status: "disabled" });
      expect([status, body.data.status]).toEqual([200, "disabled"]);
    });

    it.each([
      ["null", null, "Required for the type webhook."],
      ["empty", "", "Must be 1 to 2048 characters long."],
      ["no text", 5, "Must be a string."],
    ])("is refused when it is %s", async (_, url, message) => {
      const { change } = await aWebhook();
      const { status, body } = await change({ url });
      expect([status, body.error.details]).toEqual([422, [{ path: "body.url", message }]]);
    });
  });

  const share = "Must be 0 or a number from 0.000001 to 1000.";
  it.each([
    ["another type", { type: "echo" }, "body.type", "Read only; leave it out."],
    ["another bot", { bot_id: "bot_01jd7zq3c8e9v5r2k4m6n8p0ab" }, "body.bot_id", "Read only; "],
    ["a secret", { signing_secret: "whsec_x" }, "body.signing_secret", "There is no such field."],
    ["an error", { last_error: null }, "body.last_error", "Read only; leave it out."],
    ["a health", { health: null }, "body.health", "Read only; leave it out."],
    ["a version", { version: 7 }, "body.version", "There is no such field."],
    ["null as name", { name: null }, "body.name", "Must be a string."],
    ["null as weight", { weight: null }, "body.weight", share],
    ["too small a weight", { weight: 1e-131 }, "body.weight", share],
    ["121 seconds", { timeout_seconds: 121 }, "body.timeout_seconds", "Must be a whole number"],
    ["null as fallback", { fallback: null }, "body.fallback", "Must be true or false."],
    ["a wrong status", { status: "off" }, "body.status", 'Must be "active" or "disabled".'],
    ["a list", [], "body", "Must be an object."],
  ])("refuses %s, points at it and changes nothing", async (_, body, path, message) => {
    const { integration, change, shown } = await aWebhook();
    const answer = await change(body);
    expect(answer).toBeRefused(422, "validation_error");
    expect(answer.body.error.details).toEqual([
      { path, message: expect.stringContaining(message) },
    ]);
    expect(await shown()).toEqual(integration);
  });

  it("changes the echo that a bot was born with like any other, but for a URL", async () => {
    const { key } = await platform.team();
    const list = await platform.call("listIntegrations", {
      as: key,
      params: { bot_id: await aBot(platform, key) },
    });
    const echo = list.body.data[0];
    const { status, body } = await update(key, echo.id, { name: "Parrot", weight: 0, url: null });
    expect([status, body.data]).toEqual([
      200,
      { ...echo, name: "Parrot", weight: 0, updated_at: expect.any(String) },
    ]);
    const refused = await update(key, echo.id, { url: backend.url });
    expect([refused.status, refused.body.error.details]).toEqual([
      422,
      [{ path: "body.url", message: "The type echo takes no url. Leave it out." }],
    ]);
  });

  it("keeps every one of several changes of different fields made at the same moment", async () => {
    const { key, integration, shown } = await aWebhook();
    const { id } = integration;
    for (let round = 1; round <= 10; round++) {
      const answered = await Promise.all([
        update(key, id, { name: `Name ${round}` }),
        update(key, id, { weight: round }),
        update(key, id, { headers: { "X-Round": String(round).padStart(12, "0") } }),
        platform.call("rotateIntegrationSecret", { as: key, params: { id } }),
      ]);
      expect(answered.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(await shown()).toMatchObject({
        name: `Name ${round}`,
        weight: round,
        headers: { "X-Round": `••••${String(round).padStart(4, "0")}` },
      });
    }
  });

  it("keeps an error that is shown between reading and writing", async () => {
    const { id: team_id, key } = await platform.team();
    const { id } = await create(key);
    const store = createIntegrationStore(platform.table);
    const seen = (await store.find(team_id, id))!.integration;
    const error = { at: new Date(platform.clock()).toISOString(), message: "No answer." };
    const failure = failurePart(team_id, seen, seen, error.message, platform.clock());
    expect(await platform.table.transact({ failure })).toEqual({ applied: true });
    const replace = (name: string) =>
      store.replace(team_id, { ...seen, name, version: 2 }, seen, {});
    expect(await replace("New")).toBe("replaced");
    expect(await read(key, id)).toMatchObject({
      name: "New",
      last_error: error,
      health: { failures: 1 },
    });
    expect(await replace("Newer")).toBe("changed");
  });

  it("answers 404 for one that was deleted, or whose bot was", async () => {
    const { key, integration, change } = await aWebhook();
    const other = await create(key);
    await platform.call("deleteIntegration", { as: key, params: { id: integration.id } });
    await platform.call("deleteBot", { as: key, params: { id: other.bot_id } });
    expect((await change({ name: "New" })).status).toBe(404);
    expect((await update(key, other.id, { name: "New" })).status).toBe(404);
  });
});
