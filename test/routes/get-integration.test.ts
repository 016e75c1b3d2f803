import { describe, expect, it } from "@jest/globals";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { aBot, created, createdWebhook } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();
const backend = useFakeBackend();

const aWebhook = async (as: string, fields?: object): Promise<string> =>
  (await createdWebhook(platform, as, fields)).id;

const read = (as: string, id: string) => platform.call("getIntegration", { as, params: { id } });

describe("GET /v1/integrations/{id}", () => {
  itRefuses("getIntegration", platform, async (as) => ({ as, params: { id: await aWebhook(as) } }));

  it("shows what is documented and nothing of how it is stored", async () => {
    const { key } = await platform.team();
    const { status, body } = await read(key, await aWebhook(key));
    expect(status).toBe(200);
    expect(Object.keys(body.data)).toEqual([
      "id",
      "bot_id",
      "name",
      "type",
      "url",
      "model",
      "headers",
      "settings",
      "timeout_seconds",
      "weight",
      "fallback",
      "status",
      "health",
      "last_error",
      "created_at",
      "updated_at",
    ]);
  });

  it.each([
    ["Bearer 8f14e45fceea3kf9", "••••3kf9"],
    ["123456789012", "••••9012"],
    ["12345678901", "••••"],
    ["x", "••••"],
    ["", "••••"],
    ["            ", "••••    "],
  ])("masks %j as %j", async (value, mask) => {
    const { key } = await platform.team();
    const id = await aWebhook(key, { headers: { "X-Token": value } });
    expect((await read(key, id)).body.data.headers).toEqual({ "X-Token": mask });
  });

  describe("last_error", () => {
    /** A chat whose backend fails, and what its integration shows. */
    async function failing() {
      backend.answer(answers.status(500));
      const chat = await openWebChat(platform, { backend_url: `${backend.url}/chat` });
      const { body } = await platform.call("listIntegrations", {
        as: chat.key,
        params: { bot_id: chat.bot_id },
        query: { type: "webhook" },
      });
      const before = body.data[0];
      const shown = async () => (await read(chat.key, before.id)).body.data;
      return { chat, before, shown };
    }

    it("shows when and how a call in a conversation failed, and leaves updated_at", async () => {
      const { chat, before, shown } = await failing();
      expect(before.last_error).toBeNull();
      platform.advance(5_000);
      await chat.talk("Hello");
      expect(await shown()).toEqual({
        ...before,
        health: { state: "ok", since: before.created_at, failures: 1 },
        last_error: {
          at: new Date(platform.clock()).toISOString(),
          message: "The backend answered with HTTP status 500.",
        },
      });
    });

    it("is written at most once a minute", async () => {
      const { chat, shown } = await failing();
      await chat.talk("First");
      const { last_error: first } = await shown();
      backend.answer(answers.html("<h1>Bad gateway</h1>"));
      platform.advance(59_999);
      await chat.talk("Second");
      expect((await shown()).last_error).toEqual(first);
      platform.advance(1);
      await chat.talk("Third");
      expect((await shown()).last_error).toEqual({
        at: new Date(platform.clock()).toISOString(),
        message: "The backend's answer is not JSON: it is a web page.",
      });
    });

    it("stays after a call that went well, and after a change", async () => {
      const { chat, before, shown } = await failing();
      await chat.talk("First");
      const { last_error } = await shown();
      backend.answer(answers.json({ content: "Well" }));
      await chat.talk("Second");
      await platform.call("updateIntegration", {
        as: chat.key,
        params: { id: before.id },
        body: { name: "Changed" },
      });
      expect(await shown()).toMatchObject({ name: "Changed", last_error });
    });

    it("tells nothing that the backend said", async () => {
      const { chat, shown } = await failing();
      backend.answer(answers.json({ error: "password=hunter2" }, { status: 500 }));
      await chat.talk("Hello");
      expect(JSON.stringify(await shown())).not.toContain("hunter2");
    });
  });

  it("answers 404 for one under a deleted bot", async () => {
    const { key } = await platform.team();
    const bot_id = await aBot(platform, key);
    const id = await created(platform, "createIntegration", {
      as: key,
      params: { bot_id },
      body: { name: "Parrot", type: "echo" },
    });
    expect((await read(key, id)).status).toBe(200);
    await platform.call("deleteBot", { as: key, params: { id: bot_id } });
    expect((await read(key, id)).status).toBe(404);
  });
});
