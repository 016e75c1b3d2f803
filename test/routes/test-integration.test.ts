import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from "@jest/globals";
import { Webhook } from "standardwebhooks";
import type { FaultPlan } from "#lib/local/embedded/faults";
import { handle } from "#functions/integrations/test/handler";
import { createIntegrationStore } from "#shared/integrations/integration-store";
import { OutboundError } from "#shared/outbound/outbound-error";
import type { SafeFetch } from "#shared/outbound/safe-fetch";
import { createMint } from "#shared/runtime/mint";
import { version } from "#shared/runtime/version";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import {
  type Answer,
  answers,
  type FakeBackend,
  startFakeBackend,
} from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { itRefuses } from "#test/support/refusals";
import { startTestPlatform, type TestPlatform } from "#test/support/test-platform";
import { created } from "#test/support/web-chat";

let platform: TestPlatform;
let backend: FakeBackend;
let faults: FaultPlan = () => undefined;
beforeAll(async () => {
  platform = await startTestPlatform({ faults: (call) => faults(call) });
});
afterAll(() => platform.close());
beforeEach(async () => {
  backend = await startFakeBackend();
});
afterEach(async () => {
  await backend.close();
  faults = () => undefined;
  process.env["ALLOW_PRIVATE_URLS"] = "true";
});

const aBot = (as: string, settings: object = {}) =>
  created(platform, "createBot", { as, body: { name: "Concierge", settings } });

/** The echo of a new bot: a test of it needs no server. */
async function anEcho(as: string): Promise<string> {
  const params = { bot_id: await aBot(as) };
  const { body } = await platform.call("listIntegrations", { as, params });
  return body.data[0].id;
}

/** A webhook of a new team that calls the backend. */
async function aWebhook(fields: object = {}, settings: object = {}) {
  const team = await platform.team();
  const bot_id = await aBot(team.key, settings);
  const { body } = await platform.call("createIntegration", {
    as: team.key,
    params: { bot_id },
    body: { name: "Backend", url: `${backend.url}/chat?tenant=1`, ...fields },
  });
  const { id, signing_secret } = body.data;
  const test = (given?: unknown, headers: Record<string, string> = {}) =>
    platform.call("testIntegration", { as: team.key, params: { id }, body: given, headers });
  return { team, bot_id, id: id as string, secret: signing_secret as string, test };
}

describe("POST /v1/integrations/{id}/test", () => {
  itRefuses(
    "testIntegration",
    () => platform,
    async (as) => ({ as, params: { id: await anEcho(as) } }),
  );

  it("calls the backend once with a greeting and answers with what it said", async () => {
    const { bot_id, test } = await aWebhook();
    const metadata = { model: "x" };
    const said: Answer = async (...args) => {
      platform.advance(412);
      await answers.json({ content: "Good day", metadata })(...args);
    };
    backend.answer(said);
    const { status, body } = await test();
    expect(status).toBe(200);
    expect(body).toEqual({
      data: { ok: true, latency_ms: 412, status: 200, content: "Good day", error: null },
    });
    expect(backend.requests).toHaveLength(1);
    const { method, path, body: sent, headers } = backend.requests[0]!;
    expect([method, path]).toEqual(["POST", "/chat?tenant=1"]);
    expect(JSON.parse(sent)).toEqual({
      messages: [{ role: "user", content: "Hello!" }],
      conversation_id: null,
      user: { id: "test", platform: "test", name: "Test", username: null },
      bot: { id: bot_id, name: "Concierge" },
      metadata: {
        channel: "test",
        channel_id: null,
        chat_id: null,
        message_id: headers["webhook-id"],
        thread_id: null,
      },
    });
  });

  it("says what it is told to say, after the bot's system prompt", async () => {
    const { test } = await aWebhook({}, { system_prompt: "Be kind.", context_window: 1 });
    const { body } = await test({ message: "  Grüße 🤖\n" });
    expect(body.data.content).toBe("  Grüße 🤖\n");
    expect(JSON.parse(backend.requests[0]!.body).messages).toEqual([
      { role: "system", content: "Be kind." },
      { role: "user", content: "  Grüße 🤖\n" },
    ]);
  });

  it.each([
    ["no body", undefined],
    ["an empty object", {}],
  ])("takes %s", async (_, given) => {
    const { test } = await aWebhook();
    expect((await test(given)).body.data).toMatchObject({ ok: true, content: "Hello!" });
  });

  it.each([
    ["an empty message", { message: "" }, "body.message", "Must be 1 to 4000 characters long."],
    ["too long a one", { message: "x".repeat(4_001) }, "body.message", "Must be 1 to 4000"],
    ["null", { message: null }, "body.message", "Must be a string."],
    ["parts", { message: [{ type: "text", text: "Hi" }] }, "body.message", "Must be a string."],
    ["another field", { text: "Hi" }, "body.text", "There is no such field."],
    ["a list", [], "body", "Must be an object."],
  ])("refuses %s and calls nobody", async (_, given, path, message) => {
    const { test } = await aWebhook();
    const { status, body } = await test(given);
    expect([status, body.error.details]).toEqual([
      422,
      [{ path, message: expect.stringContaining(message) }],
    ]);
    expect(backend.requests).toEqual([]);
  });

  it("asks an echo without a server", async () => {
    const { key } = await platform.team();
    const params = { id: await anEcho(key) };
    const { body } = await platform.call("testIntegration", {
      as: key,
      params,
      body: { message: "Polly" },
    });
    expect(body.data).toEqual({
      ok: true,
      latency_ms: 0,
      status: null,
      content: "Polly",
      error: null,
    });
  });

  it("calls one that is disabled, and one of a paused bot: how else could it be tried", async () => {
    const { team, bot_id, test } = await aWebhook({ status: "disabled", weight: 0 });
    const paused = { as: team.key, params: { id: bot_id }, body: { status: "paused" } };
    await platform.call("updateBot", paused);
    expect((await test()).body.data.ok).toBe(true);
  });

  it("leaves no trace in the bot's conversations, nor in last_error", async () => {
    const { team, bot_id, id, test } = await aWebhook();
    backend.answer(answers.status(500));
    await test();
    const params = { bot_id };
    const list = await platform.call("listConversations", { as: team.key, params });
    expect(list.body.meta.total).toBe(0);
    const { body } = await platform.call("getIntegration", { as: team.key, params: { id } });
    expect(body.data.last_error).toBeNull();
  });

  describe("headers", () => {
    it("are the integration's own, then ours", async () => {
      const own = {
        Authorization: "Bearer 8f14e45fceea3kf9",
        "X-Empty": "",
        "X-Latin": "café",
        Accept: "application/x-own",
      };
      const { bot_id, id, test } = await aWebhook({ headers: own });
      await test();
      const { headers } = backend.requests[0]!;
      expect(headers).toMatchObject({
        authorization: "Bearer 8f14e45fceea3kf9",
        "x-empty": "",
        "x-latin": "café",
        accept: "application/x-own",
        "content-type": "application/json",
        "user-agent": "ChatbotPlatform/1.0",
        "x-chatbot-platform-version": version,
        "x-bot-id": bot_id,
        "x-integration-id": id,
        host: new URL(backend.url).host,
      });
    });

    it("cannot be overridden by headers that got past the rules", async () => {
      const { team, bot_id, id } = await aWebhook();
      const store = createIntegrationStore(platform.table);
      const { integration } = (await store.find(team.id, id))!;
      const secrets = liveTeamSecrets();
      const evil = ["User-Agent", "X-BOT-ID", "x-integration-id", "Webhook-Id", "Content-Type"];
      const sealed = evil.map(
        async (name) =>
          [
            name,
            await secrets.seal(team.id, { resource_id: id, field: `headers.${name}` }, "evil"),
          ] as const,
      );
      const headers = Object.fromEntries(await Promise.all(sealed));
      await store.replace(team.id, { ...integration, headers }, integration.version);
      const asked = { as: team.key, params: { id } };
      expect((await platform.call("testIntegration", asked)).body.data.ok).toBe(true);
      const sent = backend.requests[0]!.headers;
      expect(Object.values(sent)).not.toContain("evil");
      expect(sent).toMatchObject({ "x-bot-id": bot_id, "x-integration-id": id });
    });

    it("are signed as Standard Webhooks says, over the very bytes that were sent", async () => {
      const { secret, test } = await aWebhook({}, { system_prompt: "Grüße 🤖" });
      await test();
      const { headers, body } = backend.requests[0]!;
      // Headers of this kind come once, as text.
      const signed = headers as Record<string, string>;
      expect(signed["webhook-id"]).toMatch(/^msg_[0-9a-hjkmnp-tv-z]{26}$/);
      expect(signed["webhook-timestamp"]).toBe(String(Math.floor(platform.clock() / 1_000)));
      // The reference library reads the system's clock.
      jest.useFakeTimers({ now: platform.clock(), doNotFake: ["nextTick", "setImmediate"] });
      try {
        expect(new Webhook(secret).verify(body, signed)).toEqual(JSON.parse(body));
        expect(() => new Webhook(secret).verify(`${body} `, signed)).toThrow(
          "No matching signature",
        );
      } finally {
        jest.useRealTimers();
      }
    });
  });

  describe("a backend that fails", () => {
    const failure = (code: string, message: unknown, status: number | null) => ({
      data: { ok: false, latency_ms: 0, status, content: null, error: { code, message } },
    });
    const httpStatus = (status: number) => `The backend answered with HTTP status ${status}.`;
    const noText = "The backend's answer has no text in `content`.";
    const closed = expect.stringMatching(/^127\.0\.0\.1:\d+ closed the connection/);
    const mebibyte = 1_048_576;

    it.each<[string, Answer, string, unknown, number | null]>([
      ["400", answers.status(400), "http_error", httpStatus(400), 400],
      ["401", answers.json({ content: "x" }, { status: 401 }), "http_error", httpStatus(401), 401],
      ["429", answers.status(429, { "retry-after": "1" }), "http_error", httpStatus(429), 429],
      ["500", answers.html("<h1>Oops</h1>", 500), "http_error", httpStatus(500), 500],
      ["304", answers.status(304), "http_error", httpStatus(304), 304],
      ["a redirect", answers.redirect("/elsewhere"), "http_error", httpStatus(302), 302],
      ["a 307", answers.redirect("/elsewhere", 307), "http_error", httpStatus(307), 307],
      [
        "HTML",
        answers.html("<h1>Welcome</h1>"),
        "invalid_response",
        "The backend's answer is not JSON.",
        200,
      ],
      [
        "nothing",
        answers.status(204),
        "invalid_response",
        "The backend's answer is not JSON.",
        204,
      ],
      ["null", answers.json(null), "invalid_response", noText, 200],
      ["a list", answers.json([]), "invalid_response", noText, 200],
      ["text", answers.json("Hello"), "invalid_response", noText, 200],
      ["no content", answers.json({ text: "Hello" }), "invalid_response", noText, 200],
      ["empty content", answers.json({ content: "" }), "invalid_response", noText, 200],
      ["a number", answers.json({ content: 5 }), "invalid_response", noText, 200],
      ["parts", answers.json({ content: [{ type: "text" }] }), "invalid_response", noText, 200],
      [
        "an attachment of no known kind",
        answers.json({
          content: "x",
          attachments: [{ type: "hologram", url: "https://x.example" }],
        }),
        "invalid_response",
        "The backend's answer has a field that is not as documented: `attachments.0.type`.",
        200,
      ],
      [
        "too much metadata",
        answers.json({ content: "x", metadata: { text: "x".repeat(16_384) } }),
        "invalid_response",
        "The backend's `metadata` is larger than 16 KiB.",
        200,
      ],
      [
        "too long a text",
        answers.json({ content: "é".repeat(16_385) }),
        "response_too_large",
        "The backend's `content` is longer than 32 KiB.",
        200,
      ],
      [
        "more than a mebibyte",
        answers.endlessBody(mebibyte + 1, Buffer.alloc(1)),
        "response_too_large",
        expect.stringMatching(/^The answer of 127\.0\.0\.1:\d+ is larger than 1 MiB\.$/),
        null,
      ],
      [
        "without an end",
        answers.endlessBody(),
        "response_too_large",
        expect.stringContaining("is larger than 1 MiB"),
        null,
      ],
      ["no answer", answers.endBeforeHeaders(), "network_error", closed, null],
      ["half an answer", answers.endAfterHeaders(), "network_error", closed, null],
      ["a cut connection", answers.resetBeforeHeaders(), "network_error", closed, null],
      [
        "no HTTP",
        answers.raw("SSH-2.0-OpenSSH_9.6\r\n"),
        "network_error",
        expect.stringMatching(/sent something that is not HTTP\.$/),
        null,
      ],
    ])("is a 200 with ok: false (%s)", async (_, answer, code, message, status) => {
      const { test } = await aWebhook();
      backend.answer(answer);
      const response = await test();
      expect([response.status, response.body]).toEqual([200, failure(code, message, status)]);
      expect(backend.requests).toHaveLength(1);
    });

    it("is not asked twice, and not followed to where it points", async () => {
      const other = await startFakeBackend();
      try {
        const { test } = await aWebhook();
        backend.answer(answers.redirect(other.url, 308));
        expect((await test()).body.data.error.code).toBe("http_error");
        expect([backend.requests.length, other.requests.length]).toEqual([1, 0]);
      } finally {
        await other.close();
      }
    });

    it("may say nothing for as long as its timeout", async () => {
      const { test } = await aWebhook({ timeout_seconds: 1 });
      backend.answer(answers.hang());
      const { status, body } = await test();
      const message = expect.stringMatching(/did not answer within 1 second\.$/);
      expect([status, body]).toEqual([200, failure("timeout", message, null)]);
    });

    it("cannot spin its answer out beyond its timeout", async () => {
      const { test } = await aWebhook({ timeout_seconds: 1 });
      backend.answer(answers.slowBody({ text: '{"content":"'.padEnd(200, "x"), every_ms: 20 }));
      const message = expect.stringMatching(/did not finish its answer within 1 second\.$/);
      expect((await test()).body).toEqual(failure("timeout", message, null));
    });

    it("may be one that listens nowhere", async () => {
      const gone = await startFakeBackend();
      await gone.close();
      const { test } = await aWebhook({ url: gone.url });
      const message = expect.stringMatching(/refused the connection\.$/);
      expect((await test()).body).toEqual(failure("network_error", message, null));
    });

    it("tells nothing of what it said", async () => {
      const { test } = await aWebhook();
      backend.answer(answers.html("root:x:0:0:", 200), answers.html("root:x:0:0:", 500));
      for (const _ of [1, 2]) expect((await test()).text).not.toContain("root:x");
    });
  });

  it("calls nothing private when private URLs are no longer allowed", async () => {
    const { test } = await aWebhook();
    process.env["ALLOW_PRIVATE_URLS"] = "false";
    const { status, body } = await test();
    expect(status).toBe(200);
    expect(body.data).toMatchObject({
      ok: false,
      status: null,
      error: { code: "url_not_allowed", message: expect.stringMatching(/^The URL must begin/) },
    });
    expect(backend.requests).toEqual([]);
  });

  it("calls no name that means this machine when private URLs are not allowed", async () => {
    const { team, id, test } = await aWebhook();
    const store = createIntegrationStore(platform.table);
    const { integration } = (await store.find(team.id, id))!;
    process.env["ALLOW_PRIVATE_URLS"] = "false";
    for (const url of ["https://localhost", "https://127.0.0.1", "https://[::1]"]) {
      const current = (await store.find(team.id, id))!.integration;
      await store.replace(team.id, { ...integration, url }, current.version);
      expect((await test()).body.data.error.code).toBe("url_not_allowed");
    }
  });

  it.each([
    [10, 60_000, 10_000],
    [120, 28_500, 28_500],
    [30, 0, 1],
  ])(
    "gives a backend its %i s, but no longer than the %i ms that are left",
    async (timeout_seconds, left, expected) => {
      const { team, id } = await aWebhook({ timeout_seconds });
      const timeouts: number[] = [];
      const fetch: SafeFetch = async (_, { timeout_ms }) => {
        timeouts.push(timeout_ms);
        throw new OutboundError("timeout", "Too late.");
      };
      const ask = handle({
        integrations: createIntegrationStore(platform.table),
        secrets: liveTeamSecrets(),
        fetch,
        clock: platform.clock,
      });
      const now = platform.clock();
      await ask({
        caller: { team_id: team.id, key_id: "key_1", scopes: ["integrations:write"] },
        params: { id },
        query: {},
        body: { message: "Hello!" },
        page: { page: 1, per_page: 20 },
        mint: createMint(now),
        deadline: now + left,
      });
      expect(timeouts).toEqual([expected]);
    },
  );

  it("answers 503 while the key service is down and the backend's headers cannot be opened", async () => {
    const { test } = await aWebhook();
    // Longer than a key is kept in memory without the service.
    platform.advance(13 * 3_600_000);
    faults = ({ operation }) => (operation === "Decrypt" ? { kind: "connection_lost" } : undefined);
    const { result } = await withLog(() => test());
    expect([result.status, result.body.error.code]).toEqual([503, "service_unavailable"]);
    expect(backend.requests).toEqual([]);
    faults = () => undefined;
    expect((await test()).status).toBe(200);
  });

  describe("with an Idempotency-Key", () => {
    const once = { "idempotency-key": "once" };

    it("calls the backend once and replays what came of it", async () => {
      const { test } = await aWebhook();
      backend.answer(answers.status(500), answers.json({ content: "Well again" }));
      const first = await test({ message: "Hi" }, once);
      const again = await test({ message: "Hi" }, once);
      expect(again.headers["idempotent-replayed"]).toBe("true");
      expect(again.body).toEqual(first.body);
      expect(backend.requests).toHaveLength(1);
    });

    it("calls it with the same webhook-id again when it died before the answer was kept", async () => {
      const { test } = await aWebhook();
      faults = ({ operation, input }) =>
        operation === "UpdateItem" && JSON.stringify(input).includes("#IDEMPOTENCY#")
          ? { kind: "connection_lost" }
          : undefined;
      await withLog(() => test({ message: "Hi" }, once));
      faults = () => undefined;
      platform.advance(60_000);
      await test({ message: "Hi" }, once);
      const ids = backend.requests.map(({ headers }) => headers["webhook-id"]);
      expect(ids).toHaveLength(2);
      expect(new Set(ids).size).toBe(1);
    });
  });

  it("gives every test without one an id of its own", async () => {
    const { test } = await aWebhook();
    await test();
    await test();
    const [one, other] = backend.requests.map(({ headers }) => headers["webhook-id"]);
    expect(one).not.toBe(other);
  });

  it("tells nothing of headers and secrets in its answer and in the log", async () => {
    const { result, lines } = await withLog(async () => {
      const { secret, test } = await aWebhook({ headers: { "X-Token": "a-very-secret-token" } });
      backend.answer(answers.status(500), answers.resetBeforeHeaders());
      return { secret, texts: [(await test()).text, (await test()).text] };
    });
    for (const secret of ["a-very-secret-token", result.secret.slice("whsec_".length)]) {
      expect(result.texts.join()).not.toContain(secret);
      expect(JSON.stringify(lines)).not.toContain(secret);
    }
  });
});
