import { describe, expect, it } from "@jest/globals";
import { allPages } from "#test/support/all-pages";
import { answers, held, useFakeBackend } from "#test/support/fake-backend";
import { aWebChannel } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();
const backend = useFakeBackend();

const messagesOf = ({ key }: Pick<WebChat, "key">, id: string) =>
  allPages(platform, "listMessages", { as: key, params: { id } });

describe("POST /v1/channels/{id}/messages", () => {
  itRefuses("sendMessage", platform, async (as) => ({
    as,
    params: { id: await aWebChannel(platform, as) },
    body: { user: { id: "ada" }, content: "Hello!" },
  }));

  it("keeps the message, answers 201 and does not wait for the reply", async () => {
    const { say } = await openWebChat(platform);
    const { status, body } = await say("Hello!", {
      user: { id: "ada", name: "Ada", username: "ada_l" },
    });
    const at = new Date(platform.clock()).toISOString();
    expect(status).toBe(201);
    expect(body.data).toEqual({
      message: {
        id: expect.stringMatching(/^msg_/),
        conversation_id: expect.stringMatching(/^conv_/),
        number: 1,
        message_id: null,
        role: "user",
        type: "regular",
        content: "Hello!",
        attachments: [],
        integration_id: null,
        user: { id: "ada", name: "Ada", username: "ada_l" },
        delivery: null,
        metadata: {},
        feedback: null,
        created_at: at,
        updated_at: at,
      },
      reply: null,
      reply_expected: true,
    });
  });

  it("has the bot answer, and the reply stands after the message", async () => {
    const chat = await openWebChat(platform);
    const id = await chat.talk("Hello!");
    expect(await messagesOf(chat, id)).toMatchObject([
      { role: "user", content: "Hello!", delivery: null },
      { role: "assistant", content: "Hello!", delivery: { status: "sent", error: null } },
    ]);
  });

  it("holds the answer with wait until the reply is delivered", async () => {
    const { say } = await openWebChat(platform, { backend_url: backend.url });
    backend.answer(answers.delayed(100, answers.json({ content: "Good day", metadata: { n: 1 } })));
    const { status, body } = await say("Hello!", { wait: 25 });
    expect(status).toBe(201);
    expect(body.data.reply_expected).toBe(true);
    expect(body.data.reply).toMatchObject({
      role: "assistant",
      content: "Good day",
      conversation_id: body.data.message.conversation_id,
      delivery: { status: "sent", error: null },
      integration_id: expect.stringMatching(/^int_/),
      user: null,
      metadata: { n: 1 },
    });
  });

  it("answers with reply null when the time of wait is over, and the reply still comes", async () => {
    const chat = await openWebChat(platform, { backend_url: backend.url });
    const late = held(answers.json({ content: "At last" }));
    backend.answer(late.answer);
    const waiting = chat.say("Hello!", { wait: 3 });
    await backend.received(1);
    platform.advance(3_000);
    const { status, body } = await waiting;
    expect([status, body.data.reply, body.data.reply_expected]).toEqual([201, null, true]);
    late.release();
    await platform.settle();
    const [, reply] = await messagesOf(chat, body.data.message.conversation_id);
    expect(reply.content).toBe("At last");
  });

  it("holds the answer with wait through the bot's delay, however long", async () => {
    const chat = await openWebChat(platform, {
      bot: { settings: { response_delay: { min_ms: 10_000, max_ms: 10_000 } } },
    });
    const waiting = chat.say("Hello!", { wait: 25 });
    const list = { as: chat.key, params: { bot_id: chat.bot_id } };
    const count = async () =>
      (await platform.call("listConversations", list)).body.data[0]?.message_count;
    // The reply is made and stored, and waits for its time.
    for (let round = 0; round < 100 && (await count()) !== 2; round++) await platform.settle();
    platform.advance(9_000);
    await platform.settle();
    platform.advance(1_000);
    await platform.settle();
    const { body } = await waiting;
    expect(body.data.reply).toMatchObject({ content: "Hello!", delivery: { status: "sent" } });
  });

  it.each([
    ["a paused bot", { status: "paused" }, true],
    ["a disabled channel", {}, false],
  ])(
    "keeps a message for %s, answers at once with null and never replies",
    async (_, bot, enabled) => {
      const chat = await openWebChat(platform, { bot });
      const channel = { as: chat.key, params: { id: chat.channel_id } };
      await platform.call("updateChannel", { ...channel, body: { enabled } });
      const { status, body } = await chat.say("Is anyone there?", { wait: 25 });
      expect([status, body.data.reply, body.data.reply_expected]).toEqual([201, null, false]);

      await platform.call("updateChannel", { ...channel, body: { enabled: true } });
      const resumed = { as: chat.key, params: { id: chat.bot_id }, body: { status: "active" } };
      await platform.call("updateBot", resumed);
      const id = await chat.talk("And now?");
      expect(id).toBe(body.data.message.conversation_id);
      expect((await messagesOf(chat, id)).map(({ role, content }) => [role, content])).toEqual([
        ["user", "Is anyone there?"],
        ["user", "And now?"],
        ["assistant", "And now?"],
      ]);
    },
  );

  it("answers with null when the bot is paused before it could reply", async () => {
    const chat = await openWebChat(platform, { backend_url: backend.url });
    const late = held(answers.echo());
    backend.answer(late.answer);
    const first = chat.say("One", { wait: 25 });
    await backend.received(1);
    const second = chat.say("Two", { wait: 25 });
    const pause = { as: chat.key, params: { id: chat.bot_id }, body: { status: "paused" } };
    await platform.call("updateBot", pause);
    late.release();
    expect((await first).body.data.reply.content).toBe("One");
    expect((await second).body.data).toMatchObject({ reply: null, reply_expected: false });
    expect(backend.requests.length).toBe(1);
  });

  describe("with a message_id", () => {
    it("keeps a message once and answers its repeat with 200, the stored message and its reply", async () => {
      const chat = await openWebChat(platform);
      const first = await chat.say("Hello!", { message_id: "m-1", wait: 25 });
      const again = await chat.say("Hello!", { message_id: "m-1" });
      expect([first.status, again.status]).toEqual([201, 200]);
      expect(again.body.data).toEqual(first.body.data);
      await platform.settle();
      expect(await messagesOf(chat, first.body.data.message.conversation_id)).toHaveLength(2);
    });

    it("waits for the reply of a repeat too", async () => {
      const chat = await openWebChat(platform, { backend_url: backend.url });
      backend.answer(answers.delayed(50, answers.echo()));
      await chat.say("Hello!", { message_id: "m-1" });
      const again = await chat.say("Hello!", { message_id: "m-1", wait: 25 });
      expect([again.status, again.body.data.reply.content]).toEqual([200, "Hello!"]);
      await platform.settle();
      expect(backend.requests.length).toBe(1);
    });

    const photo = { type: "image_url", image_url: { url: "https://example.com/a.png" } };
    it.each([
      ["another user", { user: "bob", chat_id: "ada" }, "Hello!"],
      ["another chat", { chat_id: "elsewhere" }, "Hello!"],
      ["another user in the user's own chat", { user: "bob" }, "Hello!"],
      ["other content", {}, "Hello"],
      ["content of another kind", {}, [photo]],
    ])("refuses it with %s, and keeps nothing", async (_, more, content) => {
      const chat = await openWebChat(platform);
      const first = await chat.say("Hello!", { user: "ada", message_id: "m-1", wait: 25 });
      const { status, body } = await chat.say(content, { user: "ada", message_id: "m-1", ...more });
      expect({ status, body }).toBeRefused(409, "conflict");
      expect(body.error.message).toContain("Use a new message_id.");
      const again = await chat.say("Hello!", { user: "ada", message_id: "m-1" });
      expect([again.status, again.body.data]).toEqual([200, first.body.data]);
      const list = { as: chat.key, params: { bot_id: chat.bot_id } };
      expect((await platform.call("listConversations", list)).body.meta.total).toBe(1);
    });

    it("is of one of two messages that come with it at the same moment", async () => {
      const chat = await openWebChat(platform);
      const answered = await Promise.all(
        ["One", "Two"].map((content) => chat.say(content, { message_id: "m-1" })),
      );
      expect(new Set(answered.map(({ status }) => status))).toEqual(new Set([201, 409]));
    });

    it("knows parts as they were sent, whatever name the user has by now", async () => {
      const chat = await openWebChat(platform);
      const send = (name: string) =>
        platform.call("sendMessage", {
          as: chat.key,
          params: { id: chat.channel_id },
          body: { user: { id: "ada", name }, message_id: "m-1", content: [photo] },
        });
      expect([(await send("Ada")).status, (await send("Ada L.")).status]).toEqual([201, 200]);
    });

    it("still knows it when its user was erased", async () => {
      const chat = await openWebChat(platform);
      const inGroup = { chat_id: "group", message_id: "m-1" };
      const first = await chat.say("Hello!", { user: "ada", ...inGroup });
      await chat.say("I too", { user: "bob", chat_id: "group" });
      const ada = { as: chat.key, params: { bot_id: chat.bot_id, user_id: "ada" } };
      platform.advance(1_000);
      const erased = await platform.call("deleteBotUser", ada);
      expect(erased.status).toBeLessThan(300);
      await platform.settle();
      const again = await chat.say("Hello!", { user: "ada", ...inGroup });
      expect([again.status, again.body.data.message.id]).toEqual([200, first.body.data.message.id]);
    });

    it("is a message of its own in another channel", async () => {
      const chat = await openWebChat(platform);
      const other = await openWebChat(platform, { team: chat.team, bot_id: chat.bot_id });
      const first = await chat.say("Hello!", { message_id: "m-1" });
      const foreign = await other.say("Hello!", { message_id: "m-1" });
      expect(foreign.status).toBe(201);
      expect(foreign.body.data.message.id).not.toBe(first.body.data.message.id);
    });

    it("answers 409 when its conversation was deleted, also after it is erased", async () => {
      const chat = await openWebChat(platform);
      const { body } = await chat.say("Hello!", { message_id: "m-1", wait: 25 });
      const conversation = { as: chat.key, params: { id: body.data.message.conversation_id } };
      await platform.call("deleteConversation", conversation);
      const hidden = await chat.say("Hello!", { message_id: "m-1" });
      await platform.settle();
      const erased = await chat.say("Hello!", { message_id: "m-1" });
      for (const { status, body: refused } of [hidden, erased]) {
        expect({ status, body: refused }).toBeRefused(409, "conflict");
        expect(refused.error.message).toContain("Use a new message_id.");
      }
    });

    it("cannot be made to stand for a message without one", async () => {
      const chat = await openWebChat(platform);
      const { body } = await chat.say("Hello!");
      const posing = await chat.say("Hello!", { message_id: body.data.message.id });
      expect(posing.status).toBe(201);
      expect(posing.body.data.message.id).not.toBe(body.data.message.id);
    });
  });

  it("takes the user's id for the chat when there is no chat_id", async () => {
    const chat = await openWebChat(platform);
    const own = await chat.talk("Hello!", { user: "ada" });
    const same = await chat.talk("Hello!", { user: "bob", chat_id: "ada" });
    const others = await chat.talk("Hello!", { user: "bob" });
    expect(same).toBe(own);
    expect(others).not.toBe(own);
    const { body } = await platform.call("getConversation", { as: chat.key, params: { id: own } });
    expect(body.data).toMatchObject({ chat_id: "ada", user: { id: "ada" }, message_count: 4 });
  });

  it("answers 404 at once when the channel or its bot is deleted", async () => {
    const one = await openWebChat(platform);
    const two = await openWebChat(platform);
    await one.talk("Hello!");
    await two.talk("Hello!");
    await platform.call("deleteChannel", { as: one.key, params: { id: one.channel_id } });
    await platform.call("deleteBot", { as: two.key, params: { id: two.bot_id } });
    expect((await one.say("Hello?")).status).toBe(404);
    expect((await two.say("Hello?")).status).toBe(404);
  });

  it("is sent once however often a request with one Idempotency-Key is sent", async () => {
    const chat = await openWebChat(platform);
    const request = {
      as: chat.key,
      params: { id: chat.channel_id },
      query: { wait: 25 },
      body: { user: { id: "ada" }, content: "Hello!" },
      headers: { "idempotency-key": "once" },
    };
    const first = await platform.call("sendMessage", request);
    const again = await platform.call("sendMessage", request);
    expect([again.status, again.headers["idempotent-replayed"]]).toEqual([201, "true"]);
    expect(again.body).toEqual(first.body);
    expect(await messagesOf(chat, first.body.data.message.conversation_id)).toHaveLength(2);
  });
});
