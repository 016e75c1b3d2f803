import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import { openErasableChat } from "#test/support/erasable-chat";
import { answers, held, useFakeBackend } from "#test/support/fake-backend";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
const backend = useFakeBackend();
beforeEach(() => backend.answer(answers.echo()));

const open = (collect_ms = 500) =>
  openErasableChat(platform, {
    bot: { settings: { conversation: { collect_ms } } },
    backend_url: backend.url,
  });
type Chat = Awaited<ReturnType<typeof open>>;

/** Waits until so many messages of a conversation are kept. */
const kept = async ({ messages }: Chat, id: Id<"conv">, count: number) => {
  while ((await messages(id)).length < count) await new Promise(setImmediate);
};

/** What each call of the backend was shown. */
const shown = () =>
  backend.requests.map(({ body }) =>
    (JSON.parse(body) as { messages: { content: string }[] }).messages.map(
      ({ content }) => content,
    ),
  );

/** Moves time on as far as a window is open, and lets everything come to rest. */
const pass = async () => {
  for (let second = 0; second < 3; second++) {
    platform.advance(1_000);
    await platform.settle();
  }
};

describe("POST /v1/channels/{id}/messages, where messages are collected", () => {
  it("answers all who wait with the reply of their turn", async () => {
    const chat = await open();
    const { body } = await chat.say("Zero");
    await pass();
    const id = body.data.message.conversation_id;
    const sent = ["One", "Two"].map((text) => chat.say(text, { wait: 20 }));
    await kept(chat, id, 4);
    platform.advance(1_000);
    const told = await Promise.all(sent);
    const [first, second] = told.map((answer) => answer.body.data.reply);
    expect(first.content).toBe(told.at(-1)?.body.data.message.content);
    expect(second).toEqual(first);
    expect(backend.requests).toHaveLength(2);
    const rows = await chat.messages(id);
    expect(rows).toHaveLength(5);
  });

  it("answers a repeat of any message of a turn with its reply", async () => {
    const chat = await open();
    for (const text of ["One", "Two"]) await chat.say(text, { message_id: text });
    await pass();
    for (const text of ["One", "Two"]) {
      const { status, body } = await chat.say(text, { message_id: text, wait: 5 });
      expect([status, body.data.reply.content]).toEqual([200, "Two"]);
    }
    expect(backend.requests).toHaveLength(1);
  });

  it("ends the wait of all when the bot is paused before their turn came", async () => {
    const chat = await open();
    const id = await chat.talk("Zero");
    await pass();
    const sent = ["One", "Two"].map((text) => chat.say(text, { wait: 20 }));
    await kept(chat, id, 4);
    const params = { id: chat.bot_id };
    await platform.call("updateBot", { as: chat.key, params, body: { status: "paused" } });
    platform.advance(1_000);
    const told = await Promise.all(sent);
    expect(told.map((answer) => answer.body.data.reply)).toEqual([null, null]);
  });

  it("answers each message by itself with a bot from before there was such a setting", async () => {
    const chat = await open(500);
    const { settings } = (
      await platform.call("getBot", { as: chat.key, params: { id: chat.bot_id } })
    ).body.data;
    const { collect_ms: _, ...conversation } = settings.conversation;
    await platform.table.update(keys.bot(chat.team.id, chat.bot_id), {
      set: { settings: { ...settings, conversation } },
    });
    for (const text of ["One", "Two"]) await chat.say(text);
    await platform.settle();
    expect(shown()).toEqual([["One"], ["One", "One", "Two"]]);
    const { body } = await platform.call("updateBot", {
      as: chat.key,
      params: { id: chat.bot_id },
      body: { settings: { context_window: 5 } },
    });
    expect(body.data.settings.conversation).toEqual({ ...conversation, collect_ms: 0 });
  });
});

describe("The erasure of a user", () => {
  const chat_id = "lobby";

  it("leaves the rest of a turn to be answered, without what was erased", async () => {
    const chat = await open();
    const id = await chat.talk("Hello!", { user: "bob", chat_id });
    await pass();
    await chat.say("My secret", { user: "ada", chat_id });
    await chat.say("Another secret", { user: "ada", chat_id });
    platform.advance(1);
    // What is said from now on is younger than the request.
    const erased = platform.call("deleteBotUser", {
      as: chat.key,
      params: { bot_id: chat.bot_id, user_id: "ada" },
    });
    await chat.say("After all", { user: "ada", chat_id });
    await erased;
    await platform.settle();
    await pass();
    const rows = await chat.messages(id);
    expect(rows.map(({ content }: { content: string }) => content)).toEqual([
      "Hello!",
      "Hello!",
      "",
      "",
      "After all",
      "After all",
    ]);
    expect(shown()).toEqual([["Hello!"], ["Hello!", "Hello!", "After all"]]);
  });

  it("in the midst of an answer has the rest of the turn answered anew", async () => {
    const chat = await open();
    const id = await chat.talk("Hello!", { user: "bob", chat_id });
    await pass();
    const late = held(answers.echo());
    backend.answer(late.answer, answers.echo());
    await chat.say("My secret", { user: "ada", chat_id });
    platform.advance(1);
    const before = new Date(platform.clock()).toISOString();
    await chat.say("After all", { user: "ada", chat_id });
    platform.advance(1_000);
    await backend.received(2);
    // As the job of an erasure does that was asked for in between.
    await platform.table.update(keys.message(chat.team.id, id, 3), {
      set: { content: "", user: null, metadata: { erased: true }, reply_number: 0 },
    });
    expect(before).toBe((await chat.messages(id))[3].created_at);
    late.release();
    await pass();
    expect(shown().slice(1)).toEqual([
      ["Hello!", "Hello!", "My secret", "After all"],
      ["Hello!", "Hello!", "After all"],
    ]);
    const rows = await chat.messages(id);
    expect(rows.map(({ content }: { content: string }) => content)).toEqual([
      "Hello!",
      "Hello!",
      "",
      "After all",
      "After all",
    ]);
    const work = await platform.table.get(keys.conversationWork(chat.team.id, id));
    expect(work).not.toHaveProperty("due_at");
    expect(work).toMatchObject({ handled: 4 });
  });

  it("empties the reply of a turn with any of its messages", async () => {
    const chat = await open();
    const id = await chat.talk("Hello!", { user: "bob", chat_id });
    for (const text of ["One", "Two"]) await chat.say(text, { user: "ada", chat_id });
    await pass();
    await chat.erase("ada");
    const rows = await chat.messages(id);
    expect(rows.map(({ content }: { content: string }) => content).toSorted()).toEqual([
      "",
      "",
      "",
      "Hello!",
      "Hello!",
    ]);
  });
});
