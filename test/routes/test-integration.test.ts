import { describe, expect, it, jest } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import { createIntegrationStore } from "#shared/integrations/integration-store";
import { version } from "#shared/runtime/version";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { type Answer, answers, useFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { aBot } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { testedWebhook } from "#test/support/tested-webhook";

const platform = usePlatform();
const backend = useFakeBackend();

/** The echo of a new bot: a test of it needs no server. */
async function anEcho(as: string): Promise<string> {
  const bot_id = await aBot(platform, as);
  const { body } = await platform.call("listIntegrations", { as, params: { bot_id } });
  return body.data[0].id;
}

describe("POST /v1/integrations/{id}/test", () => {
  itRefuses("testIntegration", platform, async (as) => ({ as, params: { id: await anEcho(as) } }));

  it("calls the backend once with a greeting and answers with what it said", async () => {
    const { bot_id, test } = await testedWebhook(platform, backend);
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
    const { test } = await testedWebhook(
      platform,
      backend,
      {},
      { system_prompt: "Be kind.", context_window: 1 },
    );
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
    ["null for the message", { message: null }],
  ])("takes %s", async (_, given) => {
    const { test } = await testedWebhook(platform, backend);
    expect((await test(given)).body.data).toMatchObject({ ok: true, content: "Hello!" });
  });

  it.each([
    ["an empty message", { message: "" }, "body.message", "Must be 1 to 4000 characters long."],
    ["too long a one", { message: "x".repeat(4_001) }, "body.message", "Must be 1 to 4000"],
    ["parts", { message: [{ type: "text", text: "Hi" }] }, "body.message", "Must be a string."],
    ["another field", { text: "Hi" }, "body.text", "There is no such field."],
    ["a list", [], "body", "Must be an object."],
  ])("refuses %s and calls nobody", async (_, given, path, message) => {
    const { test } = await testedWebhook(platform, backend);
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
    const { team, bot_id, test } = await testedWebhook(platform, backend, {
      status: "disabled",
      weight: 0,
    });
    const paused = { as: team.key, params: { id: bot_id }, body: { status: "paused" } };
    await platform.call("updateBot", paused);
    expect((await test()).body.data.ok).toBe(true);
  });

  it("leaves no trace in the bot's conversations, nor in last_error", async () => {
    const { team, bot_id, id, test } = await testedWebhook(platform, backend);
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
      const { bot_id, id, test } = await testedWebhook(platform, backend, { headers: own });
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
      const { team, bot_id, id } = await testedWebhook(platform, backend);
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
      await store.replace(team.id, { ...integration, headers }, integration, {});
      const asked = { as: team.key, params: { id } };
      expect((await platform.call("testIntegration", asked)).body.data.ok).toBe(true);
      const sent = backend.requests[0]!.headers;
      expect(Object.values(sent)).not.toContain("evil");
      expect(sent).toMatchObject({ "x-bot-id": bot_id, "x-integration-id": id });
    });

    it("are signed as Standard Webhooks says, over the very bytes that were sent", async () => {
      const { secret, test } = await testedWebhook(
        platform,
        backend,
        {},
        { system_prompt: "Grüße 🤖" },
      );
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

  describe("with an Idempotency-Key", () => {
    const once = { "idempotency-key": "once" };

    it("calls the backend once and replays what came of it", async () => {
      const { test } = await testedWebhook(platform, backend);
      backend.answer(answers.status(500), answers.json({ content: "Well again" }));
      const first = await test({ message: "Hi" }, once);
      const again = await test({ message: "Hi" }, once);
      expect(again.headers["idempotent-replayed"]).toBe("true");
      expect(again.body).toEqual(first.body);
      expect(backend.requests).toHaveLength(1);
    });

    it("calls it with the same webhook-id again when it died before the answer was kept", async () => {
      const { test } = await testedWebhook(platform, backend);
      platform.faults = ({ operation, input }) =>
        operation === "UpdateItem" && JSON.stringify(input).includes("#IDEMPOTENCY#")
          ? { kind: "connection_lost" }
          : undefined;
      await withLog(() => test({ message: "Hi" }, once));
      platform.faults = undefined;
      platform.advance(60_000);
      await test({ message: "Hi" }, once);
      const ids = backend.requests.map(({ headers }) => headers["webhook-id"]);
      expect(ids).toHaveLength(2);
      expect(new Set(ids).size).toBe(1);
    });
  });

  it("gives every test without one an id of its own", async () => {
    const { test } = await testedWebhook(platform, backend);
    await test();
    await test();
    const [one, other] = backend.requests.map(({ headers }) => headers["webhook-id"]);
    expect(one).not.toBe(other);
  });

  it("tells nothing of headers and secrets in its answer and in the log", async () => {
    const { result, lines } = await withLog(async () => {
      const { secret, test } = await testedWebhook(platform, backend, {
        headers: { "X-Token": "a-very-secret-token" },
      });
      backend.answer(answers.status(500), answers.resetBeforeHeaders());
      return { secret, texts: [(await test()).text, (await test()).text] };
    });
    for (const secret of ["a-very-secret-token", result.secret.slice("whsec_".length)]) {
      expect(result.texts.join()).not.toContain(secret);
      expect(JSON.stringify(lines)).not.toContain(secret);
    }
  });
});
