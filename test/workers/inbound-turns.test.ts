import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { answers, held, useFakeBackend } from "#test/support/fake-backend";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();
const backend = useFakeBackend();
let chat: WebChat;
beforeEach(async () => {
  chat = await openWebChat(platform, { backend_url: backend.url });
});

/** Holds every answer until the function given back is called. */
const hold = () => {
  const late = held(answers.echo());
  backend.answer(late.answer);
  return late.release;
};

/** The messages of a conversation as the API shows them: role, content and delivery. */
const shown = async (conversationId: Id<"conv">) => {
  const { body } = await platform.call("listMessages", {
    as: chat.key,
    params: { id: conversationId },
    query: { per_page: 100 },
  });
  return (
    body.data as { role: string; content: string; delivery: { status: string } | null }[]
  ).map(({ role, content, delivery }) => [role, content, delivery?.status ?? null]);
};

const patch = (operation: "updateBot" | "updateChannel", id: string, body: object) =>
  platform.call(operation, { as: chat.key, params: { id }, body });

describe("Messages of one conversation", () => {
  it("are answered one at a time, in the order in which they came", async () => {
    let open = 0;
    let most = 0;
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    backend.answer(async (...given) => {
      most = Math.max(most, ++open);
      await released;
      open--;
      await answers.echo()(...given);
    });
    const { body } = await chat.say("One");
    for (const text of ["Two", "Three", "Four"]) await chat.say(text);
    await backend.received(1);
    release();
    await platform.settle();
    expect(most).toBe(1);
    expect(await shown(body.data.message.conversation_id)).toEqual([
      ["user", "One", null],
      ["user", "Two", null],
      ["user", "Three", null],
      ["user", "Four", null],
      ["assistant", "One", "sent"],
      ["assistant", "Two", "sent"],
      ["assistant", "Three", "sent"],
      ["assistant", "Four", "sent"],
    ]);
  });

  it("are all told their own reply when they wait", async () => {
    const sent = await Promise.all(
      ["One", "Two", "Three"].map((text) => chat.say(text, { wait: 10 })),
    );
    for (const { body } of sent) expect(body.data.reply.content).toBe(body.data.message.content);
  });
});

describe("Different conversations", () => {
  it("are answered side by side", async () => {
    const release = hold();
    const users = Array.from({ length: 15 }, (_, index) => `user-${index}`);
    const sent = await Promise.all(users.map((user) => chat.say(`I am ${user}`, { user })));
    await backend.received(15);
    release();
    await platform.settle();
    for (const { body } of sent) {
      const { conversation_id, content } = body.data.message;
      expect(await shown(conversation_id)).toEqual([
        ["user", content, null],
        ["assistant", content, "sent"],
      ]);
    }
  });

  it("go on while one waits for its backend", async () => {
    const late = held(answers.echo());
    backend.answer(late.answer, answers.echo());
    const { body } = await chat.say("Slow", { user: "slow" });
    await backend.received(1);
    const quick = await chat.say("Quick", { user: "quick", wait: 10 });
    expect(quick.body.data.reply.content).toBe("Quick");
    late.release();
    await platform.settle();
    expect(await shown(body.data.message.conversation_id)).toHaveLength(2);
  });
});

describe("A message that is not to be answered", () => {
  it("is kept when the bot is paused, and a wait for its reply ends at once", async () => {
    await patch("updateBot", chat.bot_id, { status: "paused" });
    const { status, body } = await chat.say("Hello?", { wait: 25 });
    expect([status, body.data.reply]).toEqual([201, null]);
    await platform.settle();
    expect(await shown(body.data.message.conversation_id)).toEqual([["user", "Hello?", null]]);
    expect(backend.requests).toEqual([]);

    await patch("updateBot", chat.bot_id, { status: "active" });
    await platform.sweep();
    await platform.settle();
    expect(backend.requests).toEqual([]);
    await chat.talk("And now?");
    expect(await shown(body.data.message.conversation_id)).toEqual([
      ["user", "Hello?", null],
      ["user", "And now?", null],
      ["assistant", "And now?", "sent"],
    ]);
  });

  it("is kept when the channel is disabled", async () => {
    await patch("updateChannel", chat.channel_id, { enabled: false });
    const { status, body } = await chat.say("Hello?", { wait: 25 });
    expect([status, body.data.reply]).toEqual([201, null]);
    await platform.settle();
    expect(await shown(body.data.message.conversation_id)).toEqual([["user", "Hello?", null]]);
    expect(backend.requests).toEqual([]);
  });

  it.each([
    ["the bot was paused", () => patch("updateBot", chat.bot_id, { status: "paused" })],
    ["the channel was disabled", () => patch("updateChannel", chat.channel_id, { enabled: false })],
  ])("stays without a reply because %s before its turn came", async (_, stop) => {
    const release = hold();
    const { body } = await chat.say("One");
    await backend.received(1);
    const second = chat.say("Two", { wait: 25 });
    const third = chat.say("Three", { wait: 25 });
    while ((await shown(body.data.message.conversation_id)).length < 3) {
      await new Promise(setImmediate);
    }
    await stop();
    release();
    const waits = await Promise.all([second, third]);
    expect(waits.map((answer) => answer.body.data.reply)).toEqual([null, null]);
    await platform.settle();
    const rows = await shown(body.data.message.conversation_id);
    expect(rows.filter(([role]) => role === "assistant")).toEqual([["assistant", "One", "sent"]]);
    expect(backend.requests).toHaveLength(1);
  });

  it("is not shown to the backend when its user was erased meanwhile", async () => {
    const release = hold();
    const chat_id = "group";
    const { body } = await chat.say("One", { chat_id });
    await backend.received(1);
    await chat.say("My secret", { user: "bob", chat_id });
    platform.advance(1_000);
    const { status } = await platform.call("deleteBotUser", {
      as: chat.key,
      params: { bot_id: chat.bot_id, user_id: "bob" },
    });
    expect(status).toBe(200);
    await chat.say("Three", { chat_id });
    let rows = await shown(body.data.message.conversation_id);
    while (rows[1]?.[1] !== "") {
      await new Promise(setImmediate);
      rows = await shown(body.data.message.conversation_id);
    }
    release();
    await platform.settle();
    rows = await shown(body.data.message.conversation_id);
    expect(rows.map(([, content]) => content)).toEqual(["One", "", "Three", "One", "Three"]);
    expect(backend.requests.filter(({ body: asked }) => asked.includes("secret"))).toEqual([]);
  });
});
