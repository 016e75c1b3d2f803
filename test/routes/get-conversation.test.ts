import { describe, expect, it } from "@jest/globals";
import { aConversation } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();

describe("GET /v1/conversations/{id}", () => {
  itRefuses("getConversation", platform, async (as) => ({
    as,
    params: { id: await aConversation(platform, as) },
  }));

  it("shows where it is, who began it and how far it is", async () => {
    const chat = await openWebChat(platform);
    const began = new Date(platform.clock()).toISOString();
    const id = await chat.talk("Hello!", {
      user: { id: "ada", name: "Ada", username: "ada_l" },
      chat_id: "lobby",
    });
    platform.advance(60_000);
    await chat.talk("Are you there?", { user: "ada", chat_id: "lobby" });
    const last = new Date(platform.clock()).toISOString();
    const { status, body } = await platform.call("getConversation", {
      as: chat.key,
      params: { id },
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      data: {
        id,
        bot_id: chat.bot_id,
        channel_id: chat.channel_id,
        platform: "web",
        chat_id: "lobby",
        thread_id: null,
        user: { id: "ada", name: "Ada", username: "ada_l" },
        message_count: 4,
        last_message_at: last,
        metadata: {},
        created_at: began,
        updated_at: last,
      },
    });
  });

  it("shows a message in the very moment in which it was accepted", async () => {
    const chat = await openWebChat(platform, { bot: { status: "paused" } });
    const { body } = await chat.say("Hello!");
    const read = { as: chat.key, params: { id: body.data.message.conversation_id } };
    for (let count = 1; count <= 5; count++) {
      expect((await platform.call("getConversation", read)).body.data.message_count).toBe(count);
      await chat.say("And more");
    }
  });

  it.each(["deleteConversation", "deleteChannel", "deleteBot"])(
    "is gone at once after %s",
    async (operationId) => {
      const chat = await openWebChat(platform);
      const conversation = await chat.talk("Hello!");
      const ids = {
        deleteConversation: conversation,
        deleteChannel: chat.channel_id,
        deleteBot: chat.bot_id,
      };
      const id = ids[operationId as keyof typeof ids];
      expect((await platform.call(operationId, { as: chat.key, params: { id } })).status).toBe(200);
      const read = { as: chat.key, params: { id: conversation } };
      expect((await platform.call("getConversation", read)).status).toBe(404);
      await platform.settle();
      expect((await platform.call("getConversation", read)).status).toBe(404);
    },
  );
});
