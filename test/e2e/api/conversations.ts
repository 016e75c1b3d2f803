import { describe, expect, it } from "@jest/globals";
import type { BlackBox } from "#test/support/black-box";
import { eventually, makeWebBot } from "./make.ts";

interface Shown {
  readonly id: string;
}

/** Messages in, replies out, and what is kept of them. */
export function conversations(box: BlackBox): void {
  const say = (
    channel_id: string,
    content: unknown,
    more: Readonly<Record<string, unknown>> = {},
  ) =>
    box.call("sendMessage", {
      params: { id: channel_id },
      query: { wait: 25 },
      body: { user: { id: "ada", name: "Ada" }, content, ...more },
    });

  describe("a message", () => {
    it("is answered by the bot while the sender waits", async () => {
      const { channel_id } = await makeWebBot(box);
      const { status, body } = await say(channel_id, "Hello!");
      expect(status).toBe(201);
      const { message, reply } = body.data;
      expect(message).toMatchObject({ role: "user", content: "Hello!", user: { id: "ada" } });
      expect(reply).toMatchObject({
        role: "assistant",
        content: "Hello!",
        conversation_id: message.conversation_id,
        delivery: { status: "sent", error: null },
      });
    });

    it("is answered also when nobody waits", async () => {
      const { channel_id } = await makeWebBot(box);
      const { body } = await box.call("sendMessage", {
        params: { id: channel_id },
        body: { user: { id: "ada" }, content: "No hurry" },
      });
      expect(body.data.reply).toBeNull();
      const params = { id: body.data.message.conversation_id };
      const messages = await eventually(
        () => box.call("listMessages", { params }),
        (answer) => answer.body.meta.total === 2,
      );
      expect(messages.body.data).toMatchObject([
        { role: "user", content: "No hurry" },
        { role: "assistant", content: "No hurry" },
      ]);
    });

    it("is kept once when it comes twice under one message_id", async () => {
      const { channel_id } = await makeWebBot(box);
      const [first, again] = [
        await say(channel_id, "Once", { message_id: "m1" }),
        await say(channel_id, "Once", { message_id: "m1" }),
      ];
      expect([first.status, again.status]).toEqual([201, 200]);
      expect(again.body.data).toEqual(first.body.data);
      const params = { id: first.body.data.message.conversation_id };
      expect((await box.call("listMessages", { params })).body.meta.total).toBe(2);
    });

    it("is one of many at once, each kept and answered", async () => {
      const { channel_id } = await makeWebBot(box);
      const texts = ["One", "Two", "Three", "Four"];
      const said = await Promise.all(texts.map((text) => say(channel_id, text)));
      expect(said.map(({ body }) => body.data.reply?.content)).toEqual(texts);
      expect(new Set(said.map(({ body }) => body.data.message.conversation_id)).size).toBe(1);
    });
  });

  describe("a conversation", () => {
    it("is listed, read, and gives its messages in order and page by page", async () => {
      const { bot_id, channel_id } = await makeWebBot(box);
      const { body } = await say(channel_id, "First");
      const { conversation_id } = body.data.message;
      await say(channel_id, "Second");

      const read = await box.call("getConversation", { params: { id: conversation_id } });
      expect(read.body.data).toMatchObject({
        id: conversation_id,
        bot_id,
        channel_id,
        platform: "web",
        chat_id: "ada",
        user: { id: "ada", name: "Ada" },
        message_count: 4,
      });

      const listed = await eventually(
        () => box.call("listConversations", { params: { bot_id }, query: { user_id: "ada" } }),
        (answer) => answer.body.meta.total === 1,
      );
      expect(listed.body.data.map(({ id }: Shown) => id)).toEqual([conversation_id]);

      const ask = (query: Record<string, string | number>) =>
        box.call("listMessages", { params: { id: conversation_id }, query });
      const contents = ({ body }: Awaited<ReturnType<typeof ask>>) =>
        body.data.map(({ role, content }: { role: string; content: string }) => [role, content]);
      const page = await ask({ per_page: 3 });
      const rest = await ask({ per_page: 3, cursor: page.body.meta.next_cursor });
      expect([...contents(page), ...contents(rest)]).toEqual([
        ["user", "First"],
        ["assistant", "First"],
        ["user", "Second"],
        ["assistant", "Second"],
      ]);
      expect(contents(await ask({ role: "user", order: "desc" }))).toEqual([
        ["user", "Second"],
        ["user", "First"],
      ]);
    });

    it("is gone the moment it is deleted, and the next message begins another", async () => {
      const { bot_id, channel_id } = await makeWebBot(box);
      const { body } = await say(channel_id, "Forget this");
      const id = body.data.message.conversation_id;

      const deleted = await box.call("deleteConversation", { params: { id } });
      expect([deleted.status, deleted.body]).toEqual([200, { data: { id, deleted: true } }]);

      const asked = await Promise.all([
        box.call("getConversation", { params: { id } }),
        box.call("listMessages", { params: { id } }),
        box.call("deleteConversation", { params: { id } }),
      ]);
      expect(asked.map(({ status }) => status)).toEqual([404, 404, 404]);
      const next = await say(channel_id, "Again");
      expect(next.body.data.message.conversation_id).not.toBe(id);
      const listed = await eventually(
        () => box.call("listConversations", { params: { bot_id } }),
        (answer) => answer.body.meta.total === 1,
      );
      expect(listed.body.data.map((one: Shown) => one.id)).not.toContain(id);
    });

    it.each([
      ["whose id fits a path", "ada", "deleteBotUser"],
      ["whose id only a query can hold", "..", "deleteBotUserByQuery"],
    ])("is gone soon after a user is to be forgotten %s", async (_, user_id, operationId) => {
      const { bot_id, channel_id } = await makeWebBot(box);
      const { body } = await say(channel_id, "Forget me", { user: { id: user_id } });
      const params = { id: body.data.message.conversation_id };
      const isInPath = operationId === "deleteBotUser";
      const { status } = await box.call(
        operationId,
        isInPath ? { params: { bot_id, user_id } } : { params: { bot_id }, query: { user_id } },
      );
      expect(status).toBe(200);
      const gone = await eventually(
        () => box.call("getConversation", { params }),
        (answer) => answer.status === 404,
      );
      expect(gone.status).toBe(404);
    });
  });
}
