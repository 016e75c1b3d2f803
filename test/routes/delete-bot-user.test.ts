import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createBotStore } from "#shared/bots/bot-store";
import type { Conversation } from "#shared/conversations/conversation";
import type { Message } from "#shared/conversations/message";
import { deleteUser } from "#shared/erasure/delete-user";
import { eraseUser } from "#shared/erasure/erase-user";
import { isoTime } from "#shared/runtime/clock";
import { createMint } from "#shared/runtime/mint";
import type { Table } from "#shared/table/table";
import { answers, startFakeBackend } from "#test/support/fake-backend";
import { itRefuses } from "#test/support/refusals";
import { rowsWith } from "#test/support/stored-rows";
import { startTestPlatform, type TestPlatform } from "#test/support/test-platform";
import { created, openWebChat, type WebChat } from "#test/support/web-chat";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(() => platform.close());

/** A chat whose bot does not say back what it hears. */
const openChat = (team?: WebChat["team"]) =>
  openWebChat(platform, { bot: { status: "paused" }, ...(team && { team }) });

const remove = (
  { key, bot_id }: WebChat,
  user_id: string,
  query: Record<string, string> | string = {},
) => platform.call("deleteBotUser", { as: key, params: { bot_id, user_id }, query });

/** Erases a user; what was said before is older by a millisecond. */
async function erased(chat: WebChat, userId: string, query?: Record<string, string>) {
  platform.advance(1);
  const answer = await remove(chat, userId, query);
  await platform.settle();
  return answer;
}

const lost = async () => {};

/** Asks for the erasure while the queue accepts messages and loses them. */
async function removeSilently({ team, bot_id }: WebChat, userId: string) {
  platform.advance(1);
  const deps = {
    table: platform.table,
    bots: createBotStore(platform.table),
    clock: platform.clock,
    queues: { send: lost, sendBatch: async () => [], setVisibility: lost },
  };
  await deleteUser(deps, team.id, bot_id, userId, undefined, createMint(platform.clock()));
  platform.advance(1);
}

/** Erases a user without the queue, over a table that may have a mind of its own. */
const eraseNow = ({ team, bot_id }: WebChat, user_id: string, table: Table = platform.table) =>
  eraseUser(
    table,
    team.id,
    { erase: "user", bot_id, platform: null, user_id, before: isoTime(platform.clock()) },
    { isOver: () => false },
  );

/** The table for so many calls; then its owner is dead. */
function cutAfter(calls: number): Table {
  let left = calls;
  return new Proxy(platform.table, {
    get: (table, name, receiver) => {
      if (left-- <= 0) throw new Error("Cut off.");
      return Reflect.get(table, name, receiver);
    },
  });
}

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");

/** What the sweeper and time do within a minute. */
async function aMinute() {
  await platform.sweep();
  platform.advance(60_000);
  await platform.settle();
}

const messagesOf = async ({ key }: WebChat, id: string) =>
  (await platform.call("listMessages", { as: key, params: { id } })).body.data;

const conversationsOf = async ({ key, bot_id }: WebChat, query: Record<string, string> = {}) =>
  (await platform.call("listConversations", { as: key, params: { bot_id }, query })).body;

/** A chat in which Ada and Bob take turns. */
async function aRoom() {
  const chat = await openChat();
  const room = { chat_id: "room" };
  await chat.talk("Ada one", { ...room, user: { id: "user-ada", name: "Ada Lovelace" } });
  await chat.talk("Bob one", { ...room, user: "user-bob" });
  await chat.talk("Ada two", { ...room, user: { id: "user-ada", name: "Ada Lovelace" } });
  const id = await chat.talk("Bob two", { ...room, user: "user-bob" });
  return { chat, room, id };
}

describe("DELETE /v1/bots/{bot_id}/users/{user_id}", () => {
  itRefuses(
    "deleteBotUser",
    () => platform,
    async (as) => {
      const bot_id = await created(platform, "createBot", { as, body: { name: "Concierge" } });
      return { as, params: { bot_id, user_id: "user-ada" } };
    },
  );

  it("is open to who may delete conversations, not to who may change bots", async () => {
    const chat = await openChat();
    const params = { bot_id: chat.bot_id, user_id: "user-ada" };
    const allowed = await chat.team.keyWith("conversations:write");
    const refused = await chat.team.keyWith("bots:write", "channels:write", "conversations:read");
    const statuses = [];
    for (const as of [allowed, refused]) {
      statuses.push((await platform.call("deleteBotUser", { as, params })).status);
    }
    expect(statuses).toEqual([200, 403]);
  });

  it("answers 200 with the user's id, known or not, as often as it is asked", async () => {
    const chat = await openChat();
    await chat.talk("Hello", { user: "user-ada" });
    for (const user_id of ["user-ada", "user-ada", "nobody"]) {
      const { status, body } = await erased(chat, user_id);
      expect([status, body]).toEqual([200, { data: { user_id, deleted: true } }]);
    }
  });

  it("erases a conversation in which only this user wrote as a whole, replies included", async () => {
    const backend = await startFakeBackend();
    try {
      backend.answer(
        answers.json({ content: "Good day, Bob" }),
        answers.json({ content: "Good day, Ada Lovelace" }),
      );
      const chat = await openWebChat(platform, { backend_url: backend.url });
      const user = { id: "user-ada", name: "Ada Lovelace" };
      await chat.talk("Not me", { user: "user-bob" });
      const ids = [
        await chat.talk("I live in Ockham", { user }),
        await chat.talk("Still there", { user, chat_id: "another-chat" }),
      ];
      await erased(chat, "user-ada");
      for (const id of ids) {
        const asked = { as: chat.key, params: { id } };
        expect((await platform.call("getConversation", asked)).status).toBe(404);
        expect((await platform.call("listMessages", asked)).status).toBe(404);
      }
      const { data, meta } = await conversationsOf(chat);
      expect([meta.total, data.map(({ chat_id }: { chat_id: string }) => chat_id)]).toEqual([
        1,
        ["user-bob"],
      ]);
      const hash = hashOf("user-ada");
      for (const text of ["Ockham", "Still there", "Ada", "user-ada", "another-chat", hash]) {
        expect([text, await rowsWith(text, chat.team.id)]).toEqual([text, []]);
      }
    } finally {
      await backend.close();
    }
  });

  it("begins a new conversation when the user comes back", async () => {
    const chat = await openChat();
    const before = await chat.talk("Hello", { user: "user-ada" });
    await erased(chat, "user-ada");
    const after = await chat.talk("Hello again", { user: "user-ada" });
    expect(after).not.toBe(before);
    expect(await messagesOf(chat, after)).toMatchObject([{ content: "Hello again" }]);
    expect((await conversationsOf(chat, { user_id: "user-ada" })).meta.total).toBe(1);
  });

  it("empties the user's messages in a shared chat and leaves those of others", async () => {
    const { chat, id } = await aRoom();
    const before = await messagesOf(chat, id);
    await erased(chat, "user-ada");
    const gone = { content: "", attachments: [], user: null, metadata: { erased: true } };
    expect(await messagesOf(chat, id)).toEqual([
      { ...before[0], ...gone },
      before[1],
      { ...before[2], ...gone },
      before[3],
    ]);
    const { data, meta } = await conversationsOf(chat);
    expect([meta.total, data[0].message_count]).toEqual([1, 4]);
    expect((await conversationsOf(chat, { user_id: "user-ada" })).meta.total).toBe(0);
    expect((await conversationsOf(chat, { user_id: "user-bob" })).meta.total).toBe(1);
  });

  it("leaves nothing in the table of a user who began a shared chat", async () => {
    const { chat } = await aRoom();
    await erased(chat, "user-ada");
    for (const text of ["Ada one", "Ada two", "Lovelace", "user-ada"]) {
      expect([text, await rowsWith(text, chat.team.id)]).toEqual([text, []]);
    }
  });

  it("finds a user again who wrote once more in a shared chat", async () => {
    const { chat, room, id } = await aRoom();
    await erased(chat, "user-ada");
    platform.advance(1);
    await chat.talk("Ada three", { ...room, user: "user-ada" });
    expect((await conversationsOf(chat, { user_id: "user-ada" })).data).toMatchObject([{ id }]);
    await erased(chat, "user-ada");
    expect(await rowsWith("Ada three", chat.team.id)).toEqual([]);
    const contents = (await messagesOf(chat, id)).map(
      ({ content }: Pick<Message, "content">) => content,
    );
    expect(contents).toEqual(["", "Bob one", "", "Bob two", ""]);
  });

  it("erases a shared chat as a whole when its last user is erased", async () => {
    const { chat, id } = await aRoom();
    await erased(chat, "user-ada");
    await erased(chat, "user-bob");
    expect((await conversationsOf(chat)).meta.total).toBe(0);
    const rows = await rowsWith(id, chat.team.id);
    expect(rows.every(({ sk }) => sk === "RECEIPT")).toBe(true);
  });

  it("shows erased messages to no backend", async () => {
    const backend = await startFakeBackend();
    try {
      const chat = await openWebChat(platform, { backend_url: backend.url });
      backend.answer(answers.json({ content: "Noted" }));
      const room = { chat_id: "room" };
      await chat.talk("Ada's secret", { ...room, user: "user-ada" });
      await chat.talk("Bob's words", { ...room, user: "user-bob" });
      await erased(chat, "user-ada");
      await chat.talk("And now?", { ...room, user: "user-bob" });
      const { messages } = JSON.parse(backend.requests.at(-1)!.body);
      expect(messages.filter(({ role }: { role: string }) => role === "user")).toEqual([
        { role: "user", content: "Bob's words" },
        { role: "user", content: "And now?" },
      ]);
    } finally {
      await backend.close();
    }
  });

  it("keeps what the user says after the request", async () => {
    const chat = await openChat();
    const id = await chat.talk("Before", { user: "user-ada" });
    await removeSilently(chat, "user-ada");
    await chat.talk("After", { user: "user-ada" });
    await aMinute();
    expect(await messagesOf(chat, id)).toMatchObject([
      { content: "", user: null, metadata: { erased: true } },
      { content: "After", user: { id: "user-ada" } },
    ]);
    expect(await rowsWith("Before", chat.team.id)).toEqual([]);
    expect((await conversationsOf(chat, { user_id: "user-ada" })).meta.total).toBe(1);
    await erased(chat, "user-ada");
    expect(await rowsWith("After", chat.team.id)).toEqual([]);
    expect((await conversationsOf(chat)).meta.total).toBe(0);
  });

  it("is done within a minute even when the queue loses its message", async () => {
    const chat = await openChat();
    await chat.talk("Going", { user: "user-ada" });
    await removeSilently(chat, "user-ada");
    await platform.settle();
    expect(await rowsWith("Going", chat.team.id)).not.toEqual([]);
    await aMinute();
    expect(await rowsWith("Going", chat.team.id)).toEqual([]);
    expect(await rowsWith("user-ada", chat.team.id)).toEqual([]);
  });

  it.each(["own", "shared"])(
    "erases also when a message comes in between into the user's %s chat",
    async (kind) => {
      const chat = await openChat();
      const place = { chat_id: "room" };
      const id = await chat.talk("Early words", { ...place, user: "user-ada" });
      if (kind === "shared") await chat.talk("Bob's words", { ...place, user: "user-bob" });
      platform.advance(1);
      let writes = 0;
      const interrupted = async () => {
        if (writes++ > 0) return;
        platform.advance(1);
        await chat.say("Late words", { ...place, user: "user-ada" });
      };
      await eraseNow(chat, "user-ada", {
        ...platform.table,
        transact: async (operations) => {
          await interrupted();
          return platform.table.transact(operations);
        },
        update: async (...args) => {
          await interrupted();
          return platform.table.update(...args);
        },
      });
      expect(await rowsWith("Early words", chat.team.id)).toEqual([]);
      expect((await messagesOf(chat, id)).at(-1)).toMatchObject({ content: "Late words" });
      expect((await conversationsOf(chat, { user_id: "user-ada" })).meta.total).toBe(1);
      await erased(chat, "user-ada");
      expect(await rowsWith("Late words", chat.team.id)).toEqual([]);
    },
  );

  it.each(["own", "shared"])(
    "goes on with the user's %s chat wherever it was cut off",
    async (kind) => {
      for (let calls = 0, done = false; !done; calls++) {
        const chat = await openChat();
        const place = { chat_id: "room" };
        for (let number = 1; number <= 3; number++) {
          await chat.say(`Ada's words ${number}`, { ...place, user: "user-ada" });
        }
        if (kind === "shared") await chat.say("Bob's words", { ...place, user: "user-bob" });
        platform.advance(1);
        done = await eraseNow(chat, "user-ada", cutAfter(calls)).then(
          () => true,
          () => false,
        );
        await eraseNow(chat, "user-ada");
        for (const text of ["Ada's words", "user-ada", hashOf("user-ada")]) {
          const left = await rowsWith(text, chat.team.id);
          expect([calls, text, left]).toEqual([calls, text, []]);
        }
        expect((await conversationsOf(chat)).meta.total).toBe(kind === "shared" ? 1 : 0);
        expect(calls).toBeLessThan(50);
      }
    },
  );

  it("leaves a message that waits for its reply without one", async () => {
    const delay = { response_delay: { min_ms: 50_000, max_ms: 50_000 } };
    const chat = await openWebChat(platform, { bot: { settings: delay } });
    const id = await chat.talk("Waiting words", { user: "user-ada" });
    await erased(chat, "user-ada");
    await aMinute();
    expect(await rowsWith("Waiting words", chat.team.id)).toEqual([]);
    expect((await rowsWith(id, chat.team.id)).every(({ sk }) => sk === "RECEIPT")).toBe(true);
  });

  it("leaves a message that is next in a shared chat without a reply", async () => {
    const backend = await startFakeBackend();
    try {
      const chat = await openWebChat(platform, { backend_url: backend.url });
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      backend.answer(async (...args) => {
        await held;
        await answers.json({ content: "For Bob" })(...args);
      });
      const { body } = await chat.say("Bob asks", { chat_id: "room", user: "user-bob" });
      await backend.received(1);
      await chat.say("Ada asks", { chat_id: "room", user: "user-ada" });
      platform.advance(1);
      await eraseNow(chat, "user-ada");
      release();
      await platform.settle();
      expect(await messagesOf(chat, body.data.message.conversation_id)).toMatchObject([
        { content: "Bob asks" },
        { content: "", metadata: { erased: true } },
        { content: "For Bob" },
      ]);
      expect(backend.requests).toHaveLength(1);
    } finally {
      await backend.close();
    }
  });

  it("leaves the same user's words to other bots", async () => {
    const chat = await openChat();
    const other = await openChat(chat.team);
    await chat.talk("To the one", { user: "user-ada" });
    const id = await other.talk("To the other", { user: "user-ada" });
    await erased(chat, "user-ada");
    expect(await messagesOf(other, id)).toMatchObject([{ content: "To the other" }]);
    expect((await conversationsOf(chat)).meta.total).toBe(0);
  });

  it.each([
    ["1", "12"],
    ["ada", "Ada"],
    ["a/b?c#d%2Fe", "a/b"],
    ["user#web", "user"],
    [" ", "  "],
    ["😀".repeat(128), "😀".repeat(127)],
    ["__proto__", "proto"],
  ])("tells users apart to the letter (%#)", async (user, other) => {
    const chat = await openChat();
    await chat.talk("Mine", { user });
    await chat.talk("Theirs", { user: other });
    const { status, body } = await erased(chat, user);
    expect([status, body.data.user_id]).toEqual([200, user]);
    const { data } = await conversationsOf(chat);
    expect(data.map(({ user }: Pick<Conversation, "user">) => user.id)).toEqual([other]);
  });

  it("can be bound to a platform, and refuses one that it does not know", async () => {
    const chat = await openChat();
    await chat.talk("Hello", { user: "user-ada" });
    const { status, body } = await remove(chat, "user-ada", { platform: "pigeon" });
    expect([status, body.error.code, body.error.details[0].path]).toEqual([
      422,
      "validation_error",
      "query.platform",
    ]);
    expect((await conversationsOf(chat)).meta.total).toBe(1);
    expect((await erased(chat, "user-ada", { platform: "web" })).status).toBe(200);
    expect((await conversationsOf(chat)).meta.total).toBe(0);
  });

  it("refuses a parameter that it does not have, rather than erase more than was meant", async () => {
    const chat = await openChat();
    await chat.talk("Hello", { user: "user-ada" });
    const { status, body } = await remove(chat, "user-ada", "channel_id=ch_1");
    expect([status, body.error.details[0].path]).toEqual([422, "query.channel_id"]);
    await platform.settle();
    expect((await conversationsOf(chat)).meta.total).toBe(1);
  });

  it.each(["", "x".repeat(129)])("answers 404 for an id that no user can have (%#)", async (id) => {
    expect((await remove(await openChat(), id)).status).toBe(404);
  });
});
