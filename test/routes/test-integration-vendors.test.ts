import { describe, expect, it } from "@jest/globals";
import { type Answer, answers, useFakeBackend } from "#test/support/fake-backend";
import { modelSays } from "#test/support/fake-models";
import { openModelChat, useBedrockAt } from "#test/support/model-chat";
import { strictModel, toldOf } from "#test/support/strict-vendors";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const backend = useFakeBackend();
useBedrockAt(backend);

describe.each(["openai", "anthropic", "bedrock"] as const)(
  "POST /v1/integrations/{id}/test: a model of %s",
  (vendor) => {
    /** A model with these settings of its bot, and how it is tested. */
    const open = async (options: Parameters<typeof openModelChat>[3] = {}) => {
      const chat = await openModelChat(platform, vendor, backend.url, options);
      const params = { id: chat.id };
      return (body?: unknown) =>
        platform.call("testIntegration", {
          as: chat.key,
          params,
          ...(body !== undefined && { body }),
        });
    };

    it("says what it answered, after the bot's system prompt", async () => {
      const test = await open({ settings: { system_prompt: "Be kind." } });
      backend.answer(strictModel(vendor, { text: "Good day." }));
      const { status, body } = await test({ message: "Grüße 🤖" });
      expect([status, body.data]).toEqual([
        200,
        { ok: true, latency_ms: 0, status: 200, content: "Good day.", error: null },
      ]);
      expect(toldOf(vendor, backend.requests[0]!)).toMatchObject({
        system: "Be kind.",
        said: ["user: Grüße 🤖"],
      });
    });

    it("calls one that is disabled", async () => {
      const test = await open({ fields: { status: "disabled" } });
      backend.answer(strictModel(vendor));
      expect((await test()).body.data.ok).toBe(true);
      expect(toldOf(vendor, backend.requests[0]!).said).toEqual(["user: Hello!"]);
    });

    const wrong = { error: { message: "No such model." }, message: "No such model." };
    const failures: [string, Answer, string, number | null, RegExp][] = [
      ["is unknown", answers.json(wrong, { status: 404 }), "http_error", 404, /No such model/],
      ["is down", answers.status(503), "http_error", 503, /status 503/],
      ["is a web page", answers.html("<h1>Hi</h1>"), "invalid_response", 200, /web page/],
      ["is silent", modelSays(vendor, { text: " " }), "invalid_response", 200, /nothing/],
      ["breaks off", answers.resetBeforeHeaders(), "network_error", null, /closed/],
    ];
    it.each(failures)("says why it failed when it %s", async (_, answer, code, status, words) => {
      const test = await open();
      backend.answer(answer);
      const { status: http, body } = await test();
      expect(http).toBe(200);
      expect(body.data).toMatchObject({
        ok: false,
        status,
        content: null,
        error: { code, message: expect.stringMatching(words) },
      });
    });

    it("waits as long as the integration says", async () => {
      const test = await open({ fields: { timeout_seconds: 1 } });
      backend.answer(answers.hang());
      const tested = test();
      await backend.received(1);
      platform.advance(1_000);
      expect((await tested).body.data.error).toMatchObject({ code: "timeout" });
    });
  },
);

describe("POST /v1/integrations/{id}/test: a model at an address that is not allowed any more", () => {
  it("is not called", async () => {
    const chat = await openModelChat(platform, "openai", backend.url);
    process.env["ALLOW_PRIVATE_URLS"] = "false";
    try {
      const params = { id: chat.id };
      const { body } = await platform.call("testIntegration", { as: chat.key, params });
      expect(body.data.error).toMatchObject({ code: "url_not_allowed" });
      expect(backend.requests).toEqual([]);
    } finally {
      process.env["ALLOW_PRIVATE_URLS"] = "true";
    }
  });
});

describe("POST /v1/integrations/{id}/test: Bedrock without an account", () => {
  it("says what is missing in the environment", async () => {
    const chat = await openModelChat(platform, "bedrock", backend.url);
    delete process.env["AWS_SECRET_ACCESS_KEY"];
    const params = { id: chat.id };
    const { body } = await platform.call("testIntegration", { as: chat.key, params });
    expect(body.data).toMatchObject({
      ok: false,
      status: null,
      error: { message: expect.stringContaining("credentials of an AWS account") },
    });
  });
});
