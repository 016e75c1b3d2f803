import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Webhook } from "standardwebhooks";
import type { BlackBox } from "#test/support/black-box";
import { answers, type FakeBackend, startFakeBackend } from "#test/support/fake-backend";
import { makeBot, makeWebBot } from "./make.ts";

/** Bots that ask a backend of the team: one on this machine, which a platform in AWS must refuse. */
export function backends(box: BlackBox): void {
  if (!box.isNear) {
    describe("a backend at a private address", () => {
      it.each(["http://127.0.0.1:8000/", "https://10.0.0.1/", "https://169.254.169.254/"])(
        "is refused: %s",
        async (url) => {
          const params = { bot_id: await makeBot(box) };
          const body = { name: "Inside", url };
          const { status, body: answer } = await box.call("createIntegration", { params, body });
          expect({ status, body: answer }).toBeRefused(422, "url_not_allowed");
        },
      );
    });
    return;
  }

  describe("a backend", () => {
    let backend: FakeBackend;
    beforeAll(async () => {
      backend = await startFakeBackend();
    });
    afterAll(() => backend.close());

    async function setUp() {
      const { bot_id, channel_id } = await makeWebBot(box, "Concierge");
      const made = await box.call("createIntegration", {
        params: { bot_id },
        body: { name: "Ours", url: `${backend.url}/chat`, headers: { "X-Room": "the blue one" } },
      });
      expect(made.status).toBe(201);
      const say = (content: string) =>
        box.call("sendMessage", {
          params: { id: channel_id },
          query: { wait: 25 },
          body: { user: { id: "ada", name: "Ada" }, content },
        });
      return { bot_id, channel_id, integration: made.body.data, say };
    }

    it("is asked with the conversation, signed, and its words are the reply", async () => {
      const { bot_id, channel_id, integration, say } = await setUp();
      backend.answer(answers.json({ content: "Room 12 is free.", metadata: { room: 12 } }));
      const { body } = await say("Is a room free?");

      expect(body.data.reply).toMatchObject({
        content: "Room 12 is free.",
        integration_id: integration.id,
        metadata: { room: 12 },
      });
      const asked = backend.requests.at(-1)!;
      expect([asked.method, asked.path, asked.headers["x-room"]]).toEqual([
        "POST",
        "/chat",
        "the blue one",
      ]);
      // Sent strings are all that a receiver checks.
      const headers = asked.headers as Record<string, string>;
      const verified = new Webhook(integration.signing_secret).verify(asked.body, headers);
      expect(verified).toMatchObject({
        messages: [{ role: "user", content: "Is a room free?" }],
        conversation_id: body.data.message.conversation_id,
        user: { id: "ada", name: "Ada", platform: "web" },
        bot: { id: bot_id, name: "Concierge" },
        metadata: { channel_id },
      });
    });

    it("is given what was said before", async () => {
      const { say } = await setUp();
      backend.answer(answers.json({ content: "One" }), answers.json({ content: "Two" }));
      await say("First");
      await say("Second");
      expect(JSON.parse(backend.requests.at(-1)!.body).messages).toMatchObject([
        { role: "user", content: "First" },
        { role: "assistant", content: "One" },
        { role: "user", content: "Second" },
      ]);
    });

    it("is named in last_error when it fails, and the bot says that it cannot answer", async () => {
      const { bot_id, integration, say } = await setUp();
      backend.answer(answers.status(500));
      const { body } = await say("Hello?");
      const bot = await box.call("getBot", { params: { id: bot_id } });
      expect(body.data.reply.content).toBe(bot.body.data.settings.error_message);
      const read = await box.call("getIntegration", { params: { id: integration.id } });
      expect(read.body.data.last_error.message).toContain("500");
    });

    it("is tried out, and a failure is told", async () => {
      const { integration } = await setUp();
      const params = { id: integration.id };
      backend.answer(answers.json({ content: "Here" }), answers.status(418));
      const good = await box.call("testIntegration", { params });
      expect(good.body.data).toMatchObject({ ok: true, status: 200, content: "Here", error: null });
      const bad = await box.call("testIntegration", { params });
      expect(bad.body.data).toMatchObject({ ok: false, status: 418, content: null });
    });
  });
}
