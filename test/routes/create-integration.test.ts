import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { FaultCall, FaultPlan } from "#lib/local/embedded/faults";
import { withLog } from "#test/support/log-lines";
import { itRefuses } from "#test/support/refusals";
import { rowsWith } from "#test/support/stored-rows";
import { startTestPlatform, type TestPlatform } from "#test/support/test-platform";
import { created } from "#test/support/web-chat";

let platform: TestPlatform;
let faults: FaultPlan = () => undefined;
beforeAll(async () => {
  platform = await startTestPlatform({ faults: (call) => faults(call) });
});
afterAll(() => platform.close());
afterEach(() => {
  faults = () => undefined;
  process.env["ALLOW_PRIVATE_URLS"] = "true";
});

const url = "https://backend.example.com/chat";

const aBot = (as: string) => created(platform, "createBot", { as, body: { name: "Concierge" } });

/** A new team's bot. */
async function forBot() {
  const team = await platform.team();
  const bot_id = await aBot(team.key);
  platform.advance(1);
  const create = (body: unknown, headers: Record<string, string> = {}, as = team.key) =>
    platform.call("createIntegration", { as, params: { bot_id }, body, headers });
  const list = async () =>
    (await platform.call("listIntegrations", { as: team.key, params: { bot_id } })).body.data;
  return { team, bot_id, create, list };
}

/** Whether a call writes an idempotency record. */
const isOfRecord = ({ input }: FaultCall) => JSON.stringify(input).includes("#IDEMPOTENCY#");

describe("POST /v1/bots/{bot_id}/integrations", () => {
  itRefuses(
    "createIntegration",
    () => platform,
    async (as) => ({ as, params: { bot_id: await aBot(as) }, body: { name: "Backend", url } }),
  );

  it("creates a webhook with the documented defaults and says where it is", async () => {
    const { team, bot_id, create } = await forBot();
    const { status, headers, body } = await create({ name: "Backend", url });
    expect(status).toBe(201);
    expect(headers["location"]).toBe(`/v1/integrations/${body.data.id}`);
    const at = new Date(platform.clock()).toISOString();
    const { signing_secret, ...integration } = body.data;
    expect(integration).toEqual({
      id: expect.stringMatching(/^int_[0-9a-hjkmnp-tv-z]{26}$/),
      bot_id,
      name: "Backend",
      type: "webhook",
      url,
      headers: {},
      timeout_seconds: 30,
      weight: 1,
      fallback: false,
      status: "active",
      last_error: null,
      created_at: at,
      updated_at: at,
    });
    expect(signing_secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const params = { id: integration.id };
    const read = await platform.call("getIntegration", { as: team.key, params });
    expect(read.body.data).toEqual(integration);
  });

  it("takes every field", async () => {
    const { create } = await forBot();
    const set = {
      name: "Spare",
      type: "webhook",
      url: "https://user-content.example.com:8443/a%20b?x=1&y=ü#part",
      timeout_seconds: 120,
      weight: 0.5,
      fallback: true,
      status: "disabled",
    };
    const { status, body } = await create({ ...set, headers: { "X-Empty": "" } });
    expect(status).toBe(201);
    expect(body.data).toMatchObject({ ...set, headers: { "X-Empty": "••••" } });
  });

  it("gives each webhook a secret of its own, and an echo none", async () => {
    const { create } = await forBot();
    const secrets = await Promise.all(
      [1, 2, 3].map(
        async () => (await create({ name: "Backend", url })).body.data.signing_secret as string,
      ),
    );
    expect(new Set(secrets).size).toBe(3);
    const { status, body } = await create({ name: "Parrot", type: "echo" });
    expect(status).toBe(201);
    expect(body.data).toMatchObject({ type: "echo", url: null, signing_secret: null });
  });

  describe("secrets", () => {
    const values = {
      Authorization: "Bearer 8f14e45fceea3kf9",
      "X-Twelve": "abcdefgh3kf9",
      "X-Eleven": "abcdefg3kf9",
      "X-Latin": "Grüße, geheim! é",
    };

    it("shows of a header's value the last four characters, and of a short one none", async () => {
      const { create } = await forBot();
      const { body } = await create({ name: "Backend", url, headers: values });
      expect(body.data.headers).toEqual({
        Authorization: "••••3kf9",
        "X-Twelve": "••••3kf9",
        "X-Eleven": "••••",
        "X-Latin": "••••m! é",
      });
    });

    it("keeps them out of the table, of later answers and of the log", async () => {
      const { result, lines } = await withLog(async () => {
        const { team, bot_id, create } = await forBot();
        const headers = { "idempotency-key": "once" };
        const { body } = await create({ name: "Backend", url, headers: values }, headers);
        const params = { id: body.data.id };
        const later = [
          await platform.call("getIntegration", { as: team.key, params }),
          await platform.call("listIntegrations", { as: team.key, params: { bot_id } }),
          await platform.call("updateIntegration", { as: team.key, params, body: { name: "B" } }),
          await platform.call("deleteIntegration", { as: team.key, params }),
          await create({ name: "Backend", url, headers: { ...values, "Bad name": "x" } }),
          await create({ name: "Backend", url: "x", headers: values }),
        ];
        return { secret: body.data.signing_secret as string, later };
      });
      const written = JSON.stringify(lines);
      expect(lines.length).toBeGreaterThan(5);
      for (const secret of [...Object.values(values), result.secret]) {
        const bare = secret.replace(/^whsec_|^Bearer /, "");
        expect(await rowsWith(bare)).toEqual([]);
        expect(await rowsWith(Buffer.from(bare).toString("base64"))).toEqual([]);
        expect(result.later.filter(({ text }) => text.includes(bare))).toEqual([]);
        expect(written).not.toContain(bare);
      }
      expect(result.later.some(({ text }) => text.includes("signing_secret"))).toBe(false);
    });

    it("answers 503 while the key service is down, stores nothing, and still reads", async () => {
      const { team, create, list } = await forBot();
      faults = ({ operation }) =>
        operation === "GenerateDataKey" ? { kind: "connection_lost" } : undefined;
      const { result } = await withLog(() => create({ name: "Backend", url }));
      expect([result.status, result.body.error.code]).toEqual([503, "service_unavailable"]);
      expect(Number(result.headers["retry-after"])).toBeGreaterThan(0);
      expect(await list()).toHaveLength(1);
      expect(await rowsWith("Backend", team.id)).toEqual([]);
      faults = () => undefined;
      expect((await create({ name: "Backend", url })).status).toBe(201);
    });
  });

  describe("headers", () => {
    it("can be twenty, of 4 KiB each", async () => {
      const { create } = await forBot();
      const headers = Object.fromEntries(
        Array.from({ length: 20 }, (_, index) => [`X-Header-${index}`, "x".repeat(4_096)]),
      );
      const { status, body } = await create({ name: "Backend", url, headers });
      expect(status).toBe(201);
      expect(body.data.headers["X-Header-19"]).toBe("••••xxxx");
    });

    const ours = "We set this header ourselves. Choose another name.";
    const impossible = "Holds characters that no header can have, such as line breaks.";
    it.each([
      ["Host", "backend.example.com", ours],
      ["Content-Length", "1", ours],
      ["content-length", "1", ours],
      ["Transfer-Encoding", "chunked", ours],
      ["CONNECTION", "close", ours],
      ["Content-Type", "text/plain", ours],
      ["User-Agent", "curl", ours],
      ["X-Chatbot-Platform-Version", "1", ours],
      ["X-Bot-ID", "1", ours],
      ["x-integration-id", "1", ours],
      ["Webhook-Id", "1", ours],
      ["webhook-timestamp", "1", ours],
      ["webhook-signature", "1", ours],
      ["Accept-Encoding", "gzip", ours],
      ["Expect", "100-continue", ours],
      ["Keep-Alive", "timeout=5", ours],
      ["Proxy-Authorization", "Basic x", ours],
      ["Proxy-Connection", "close", ours],
      ["TE", "trailers", ours],
      ["Trailer", "X-Sum", ours],
      ["Upgrade", "h2c", ours],
      ["X-A", "one\r\nX-Bot-ID: two", impossible],
      ["X-A", "one\nX-Bot-ID: two", impossible],
      ["X-A", "one\rtwo", impossible],
      ["X-A", "one\u0000two", impossible],
      ["X-A", "one\u007ftwo", impossible],
      ["X-A", "😀", impossible],
      ["X-A", "Łódź", impossible],
      ["X-A", "x".repeat(4_097), "Must be at most 4096 characters long."],
      ["X-A", "é".repeat(2_049), "Must be at most 4 KiB."],
      ["X-A", null, "Must be a string."],
      ["X-A", 5, "Must be a string."],
      ["X-A", ["one"], "Must be a string."],
      ["", "x", "Is no name of a header: 1 to 256 letters, digits or -_."],
      ["X A", "x", "Is no name of a header: 1 to 256 letters, digits or -_."],
      ["X:A", "x", "Is no name of a header: 1 to 256 letters, digits or -_."],
      ["X\r\nX-B", "x", "Is no name of a header: 1 to 256 letters, digits or -_."],
      ["Ü", "x", "Is no name of a header: 1 to 256 letters, digits or -_."],
      ["X".repeat(257), "x", "Is no name of a header: 1 to 256 letters, digits or -_."],
      ["X-A", "••••3kf9", "Is a mask, and no value of this header is stored that it could keep."],
      ["X-A", "••••", "Is a mask, and no value of this header is stored that it could keep."],
      [
        "X-A",
        "Bearer ••••",
        "Is a mask, and no value of this header is stored that it could keep.",
      ],
    ])("refuses %j: %j and points at it", async (name, value, message) => {
      const { create, list } = await forBot();
      const { status, body } = await create({ name: "Backend", url, headers: { [name]: value } });
      expect([status, body.error.code]).toEqual([422, "validation_error"]);
      expect(body.error.details).toEqual([{ path: `body.headers.${name}`, message }]);
      expect(await list()).toHaveLength(1);
    });

    it.each([
      [
        "the 21st header",
        Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`X-${index}`, "x"])),
        "body.headers",
        "Must be at most 20 headers.",
      ],
      [
        "one name in two cases",
        { "X-Token": "a", "x-token": "b" },
        "body.headers.x-token",
        "Is there twice; case does not count. Keep one.",
      ],
      ["a list", ["X-Token: a"], "body.headers", "Must be an object."],
      ["an empty list", [], "body.headers", "Must be an object."],
      ["null", null, "body.headers", "Must be an object."],
      ["text", "X-Token: a", "body.headers", "Must be an object."],
    ])("refuses %s", async (_, headers, path, message) => {
      const { create } = await forBot();
      const { status, body } = await create({ name: "Backend", url, headers });
      expect([status, body.error.details]).toEqual([422, [{ path, message }]]);
    });

    it("names every wrong header in one answer, and no value", async () => {
      const { create } = await forBot();
      const headers = { Host: "secret-1", "X-Bot-ID": "secret-2", "X-Fine": "secret-3" };
      const { body, text } = await create({ name: "Backend", url, headers });
      expect(body.error.message).toBe("The request has 2 problems.");
      expect(body.error.details.map(({ path }: { path: string }) => path)).toEqual([
        "body.headers.Host",
        "body.headers.X-Bot-ID",
      ]);
      expect(text).not.toContain("secret");
    });
  });

  describe("the URL", () => {
    it.each([
      "http://backend.example.com",
      "ftp://backend.example.com",
      "javascript:alert(1)",
      "file:///etc/passwd",
      "https://user:password@backend.example.com",
      "https://user@backend.example.com",
      "https://localhost/chat",
      "https://backend.localhost",
      "https://LOCALHOST.",
      "https://127.0.0.1",
      "https://127.1",
      "https://2130706433",
      "https://0x7f.0.0.1",
      "https://017700000001",
      "https://10.0.0.8",
      "https://192.168.1.1",
      "https://169.254.169.254/latest/meta-data",
      "https://0.0.0.0",
      "https://[::1]",
      "https://[::ffff:127.0.0.1]",
      "https://[fd00::1]",
      "https://[fe80::1]",
      "https://１２７.０.０.１",
      "//backend.example.com",
      "backend.example.com",
      "https://",
      " https://backend.example.com",
      "https://backend.example.com/a b",
      "https://backend.example.com\n.evil.example",
    ])("is refused when it is %j and private ones are not allowed", async (wrong) => {
      const { create, list } = await forBot();
      process.env["ALLOW_PRIVATE_URLS"] = "false";
      const { status, body } = await create({ name: "Backend", url: wrong });
      expect([status, body.error.code]).toEqual([422, "url_not_allowed"]);
      expect(body.error.details).toEqual([
        { path: "body.url", message: expect.stringMatching(/^The URL must .+\.$/) },
      ]);
      expect(await list()).toHaveLength(1);
    });

    it.each(["http://127.0.0.1:8080/chat", "http://localhost", "https://[::1]:8443"])(
      "may be %s on one machine",
      async (own) => {
        const { create } = await forBot();
        expect((await create({ name: "Backend", url: own })).body.data.url).toBe(own);
      },
    );

    it.each([
      ["missing", {}, "validation_error", "Required for the type webhook."],
      ["null", { url: null }, "validation_error", "Required for the type webhook."],
      ["empty", { url: "" }, "validation_error", "Must be 1 to 2048 characters long."],
      ["no text", { url: 5 }, "validation_error", "Must be a string."],
      [
        "too long",
        { url: `https://example.com/${"x".repeat(2_048)}` },
        "validation_error",
        "Must be 1 to 2048 characters long.",
      ],
      [
        "there for an echo",
        { type: "echo", url },
        "validation_error",
        "The type echo calls no server. Leave it out.",
      ],
    ])("is refused when it is %s", async (_, fields, code, message) => {
      const { create } = await forBot();
      const { status, body } = await create({ name: "Backend", ...fields });
      expect([status, body.error.code]).toEqual([422, code]);
      expect(body.error.details).toEqual([{ path: "body.url", message }]);
    });
  });

  const seconds = "Must be a whole number from 1 to 120.";
  const share = "Must be 0 or a number from 0.000001 to 1000.";
  it.each([
    ["no name", { name: undefined }, "body.name", "Required."],
    ["an empty name", { name: "" }, "body.name", "Must be 1 to 100 characters long."],
    ["101 characters", { name: "é".repeat(101) }, "body.name", "Must be 1 to 100"],
    ["a type nobody knows", { type: "gpt" }, "body.type", 'Must be "webhook" or "echo".'],
    ["no time", { timeout_seconds: 0 }, "body.timeout_seconds", seconds],
    ["too much time", { timeout_seconds: 121 }, "body.timeout_seconds", seconds],
    ["half a second", { timeout_seconds: 1.5 }, "body.timeout_seconds", seconds],
    ["time as text", { timeout_seconds: "30" }, "body.timeout_seconds", seconds],
    ["a negative weight", { weight: -1 }, "body.weight", share],
    ["a weight above 1000", { weight: 1_000.5 }, "body.weight", share],
    ["a weight that no table can hold", { weight: 1e-200 }, "body.weight", share],
    ["a weight as text", { weight: "1" }, "body.weight", share],
    ["null as weight", { weight: null }, "body.weight", share],
    ["text as fallback", { fallback: "no" }, "body.fallback", "Must be true or false."],
    ["a wrong status", { status: "paused" }, "body.status", 'Must be "active" or "disabled".'],
    ["a secret of one's own", { signing_secret: "whsec_x" }, "body.signing_secret", "There is no"],
    ["a bot in the body", { bot_id: "bot_1" }, "body.bot_id", "There is no such field."],
    ["a last error", { last_error: null }, "body.last_error", "There is no such field."],
  ])("refuses %s and points at it", async (_, fields, path, message) => {
    const { create, list } = await forBot();
    const { status, body } = await create({ name: "Backend", url, ...fields });
    expect([status, body.error.code]).toEqual([422, "validation_error"]);
    expect(body.error.details).toEqual([{ path, message: expect.stringContaining(message) }]);
    expect(await list()).toHaveLength(1);
  });

  it.each([0, 0.000001, 1 / 3, 0.1 + 0.2, 1_000])(
    "keeps a weight of %d as it is",
    async (weight) => {
      const { create, list } = await forBot();
      expect((await create({ name: "Backend", url, weight })).body.data.weight).toBe(weight);
      expect((await list())[0].weight).toBe(weight);
    },
  );

  it("stops at 20 integrations, the first echo included, and goes on when one is deleted", async () => {
    const { team, create, list } = await forBot();
    for (let count = 2; count <= 20; count++) {
      expect((await create({ name: "Backend", url })).status).toBe(201);
    }
    const refused = await create({ name: "One more", url });
    expect([refused.status, refused.body.error.code]).toEqual([409, "conflict"]);
    expect(refused.body.error.message).toMatch(/\b20 integrations\b/);
    const params = { id: (await list())[3].id };
    await platform.call("deleteIntegration", { as: team.key, params });
    expect((await create({ name: "One more", url })).status).toBe(201);
    expect(await list()).toHaveLength(20);
    const other = { bot_id: await aBot(team.key) };
    const body = { name: "Backend", url };
    const elsewhere = { as: team.key, params: other, body };
    expect((await platform.call("createIntegration", elsewhere)).status).toBe(201);
  });

  it("answers 404 for a bot that is deleted", async () => {
    const { team, bot_id, create } = await forBot();
    await platform.call("deleteBot", { as: team.key, params: { id: bot_id } });
    expect((await create({ name: "Backend", url })).status).toBe(404);
  });

  describe("with an Idempotency-Key", () => {
    const key = { "idempotency-key": "once" };
    const input = { name: "Backend", url, headers: { Authorization: "Bearer 8f14e45fceea3kf9" } };

    it("creates one integration and replays the same secret", async () => {
      const { create, list } = await forBot();
      const first = await create(input, key);
      const again = await create(input, key);
      expect([again.status, again.headers["idempotent-replayed"]]).toEqual([201, "true"]);
      expect(again.body).toEqual(first.body);
      expect(again.headers["location"]).toBe(first.headers["location"]);
      expect(await list()).toHaveLength(2);
    });

    it("gives the secret to no other API key", async () => {
      const { team, create, list } = await forBot();
      const { body } = await create(input, key);
      const other = await team.keyWith("integrations:write");
      const refused = await create(input, key, other);
      expect([refused.status, refused.body.error.code]).toEqual([422, "idempotency_key_reused"]);
      expect(refused.body.error.message).toContain("another API key");
      expect(refused.text).not.toContain(body.data.signing_secret);
      expect(await list()).toHaveLength(2);
    });

    it("checks the scope before it replays", async () => {
      const { team, create } = await forBot();
      await create(input, key);
      const reader = await team.keyWith("integrations:read");
      expect((await create(input, key, reader)).status).toBe(403);
    });

    it("replays a refusal as it was", async () => {
      const { create, list } = await forBot();
      const first = await create({ name: "" }, key);
      const again = await create({ name: "" }, key);
      expect([again.status, again.headers["idempotent-replayed"]]).toEqual([422, "true"]);
      expect(again.body).toEqual(first.body);
      expect(await list()).toHaveLength(1);
    });

    /** Does the work and dies before the answer is kept. */
    async function dieBeforeKeeping(run: () => ReturnType<TestPlatform["call"]>) {
      faults = (call) =>
        call.operation === "UpdateItem" && isOfRecord(call)
          ? { kind: "connection_lost" }
          : undefined;
      const { result } = await withLog(run);
      faults = () => undefined;
      return result;
    }

    it("makes the same id and the same secret again after a crash half-way", async () => {
      const { create, list } = await forBot();
      const first = await dieBeforeKeeping(() => create(input, key));
      expect(first.status).toBe(201);
      const early = await create(input, key);
      expect([early.status, early.body.error.code]).toEqual([409, "idempotency_in_progress"]);
      expect(Number(early.headers["retry-after"])).toBeGreaterThan(0);
      platform.advance(60_000);
      const again = await create(input, key);
      expect([again.status, again.headers["idempotent-replayed"]]).toEqual([201, undefined]);
      expect(again.body).toEqual(first.body);
      expect(await list()).toHaveLength(2);
      const replayed = await create(input, key);
      expect(replayed.headers["idempotent-replayed"]).toBe("true");
      expect(replayed.body).toEqual(first.body);
    });

    it("gives the secret to no other API key after a crash half-way either", async () => {
      const { team, create } = await forBot();
      const { body } = await dieBeforeKeeping(() => create(input, key));
      platform.advance(60_000);
      const other = await team.keyWith("integrations:write");
      const taken = await create(input, key, other);
      expect([taken.status, taken.body.error.code]).toEqual([422, "idempotency_key_reused"]);
      expect(taken.text).not.toContain(body.data.signing_secret);
      expect((await create(input, key)).body).toEqual(body);
    });

    it("does not count itself when it is repeated at the limit", async () => {
      const { create, list } = await forBot();
      for (let count = 2; count <= 19; count++) await create({ name: "Backend", url });
      const first = await dieBeforeKeeping(() => create(input, key));
      platform.advance(60_000);
      const again = await create(input, key);
      expect([again.status, again.body]).toEqual([201, first.body]);
      expect(await list()).toHaveLength(20);
    });

    it.each(["answer_lost", "connection_lost"] as const)(
      "can be repeated at once after a 503 (%s)",
      async (kind) => {
        const { create, list } = await forBot();
        faults = ({ operation }) => (operation === "TransactWriteItems" ? { kind } : undefined);
        const { result: failed } = await withLog(() => create(input, key));
        expect([failed.status, failed.body.error.code]).toEqual([503, "service_unavailable"]);
        faults = () => undefined;
        const done = await create(input, key);
        expect(done.status).toBe(201);
        expect(await list()).toMatchObject([{ id: done.body.data.id }, { type: "echo" }]);
      },
    );

    it("makes one integration of many requests at once", async () => {
      const { create, list } = await forBot();
      const answers = await Promise.all(Array.from({ length: 10 }, () => create(input, key)));
      const made = answers.filter(({ status }) => status === 201);
      expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
      expect(new Set(made.map(({ body }) => body.data.signing_secret)).size).toBe(1);
      expect(await list()).toHaveLength(2);
    });
  });

  it("makes two integrations of two requests without one", async () => {
    const { create, list } = await forBot();
    await Promise.all([create({ name: "Backend", url }), create({ name: "Backend", url })]);
    expect(await list()).toHaveLength(3);
  });
});
