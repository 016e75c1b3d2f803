import { createHash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import type { Conversation } from "#shared/conversations/conversation";
import type { Message } from "#shared/conversations/message";
import { openErasableChat } from "#test/support/erasable-chat";
import { answers, startFakeBackend } from "#test/support/fake-backend";
import { aBot } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { rowsLeftOf, rowsWith } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");

/** A chat in which Ada and Bob take turns. */
async function aRoom() {
  const chat = await openErasableChat(platform);
  const room = { chat_id: "room" };
  await chat.talk("Ada one", { ...room, user: { id: "user-ada", name: "Ada Lovelace" } });
  await chat.talk("Bob one", { ...room, user: "user-bob" });
  await chat.talk("Ada two", { ...room, user: { id: "user-ada", name: "Ada Lovelace" } });
  const id = await chat.talk("Bob two", { ...room, user: "user-bob" });
  return { chat, room, id };
}

describe("DELETE /v1/bots/{bot_id}/users/{user_id}", () => {
  itRefuses("deleteBotUser", platform, async (as) => ({
    as,
    params: { bot_id: await aBot(platform, as), user_id: "user-ada" },
  }));

  it("is open to who may delete conversations, not to who may change bots", async () => {
    const chat = await openErasableChat(platform);
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
    const chat = await openErasableChat(platform);
    await chat.talk("Hello", { user: "user-ada" });
    for (const user_id of ["user-ada", "user-ada", "nobody"]) {
      const { status, body } = await chat.erase(user_id);
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
      const chat = await openErasableChat(platform, { backend_url: backend.url });
      const user = { id: "user-ada", name: "Ada Lovelace" };
      await chat.talk("Not me", { user: "user-bob" });
      const ids = [
        await chat.talk("I live in Ockham", { user }),
        await chat.talk("Still there", { user, chat_id: "another-chat" }),
      ];
      await chat.erase("user-ada");
      for (const id of ids) {
        const asked = { as: chat.key, params: { id } };
        expect((await platform.call("getConversation", asked)).status).toBe(404);
        expect((await platform.call("listMessages", asked)).status).toBe(404);
      }
      const { data, meta } = await chat.conversations();
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
    const chat = await openErasableChat(platform);
    const before = await chat.talk("Hello", { user: "user-ada" });
    await chat.erase("user-ada");
    const after = await chat.talk("Hello again", { user: "user-ada" });
    expect(after).not.toBe(before);
    expect(await chat.messages(after)).toMatchObject([{ content: "Hello again" }]);
    expect((await chat.conversations({ user_id: "user-ada" })).meta.total).toBe(1);
  });

  it("empties the user's messages in a shared chat and leaves those of others", async () => {
    const { chat, id } = await aRoom();
    const before = await chat.messages(id);
    await chat.erase("user-ada");
    const gone = { content: "", attachments: [], user: null, metadata: { erased: true } };
    expect(await chat.messages(id)).toEqual([
      { ...before[0], ...gone },
      before[1],
      { ...before[2], ...gone },
      before[3],
    ]);
    const { data, meta } = await chat.conversations();
    expect([meta.total, data[0].message_count]).toEqual([1, 4]);
    expect((await chat.conversations({ user_id: "user-ada" })).meta.total).toBe(0);
    expect((await chat.conversations({ user_id: "user-bob" })).meta.total).toBe(1);
  });

  it("empties the replies to the user's messages in a shared chat, and shows them to no backend", async () => {
    const backend = await startFakeBackend();
    try {
      const chat = await openErasableChat(platform, { backend_url: backend.url });
      const picture = { type: "image", url: "https://example.com/iban.png" } as const;
      backend.answer(
        answers.json({
          content: "Your IBAN is DE00 1234.",
          attachments: [picture],
          metadata: { said: "DE00 1234" },
        }),
        answers.json({ content: "Hello, Bob." }),
      );
      const room = { chat_id: "room" };
      const ada = { ...room, user: "user-ada" };
      await chat.talk("My IBAN is DE00 1234.", { ...ada, message_id: "ada-0049170" });
      const id = await chat.talk("Hello", { ...room, user: "user-bob", message_id: "bob-0049171" });
      const before = await chat.messages(id);
      await chat.erase("user-ada");
      const gone = { content: "", attachments: [], metadata: { erased: true } };
      expect(await chat.messages(id)).toEqual([
        { ...before[0], ...gone, message_id: null, user: null },
        { ...before[1], ...gone },
        before[2],
        before[3],
      ]);
      for (const text of ["DE00", "iban", "0049170", "user-ada"]) {
        expect([text, await rowsWith(text, chat.team.id)]).toEqual([text, []]);
      }
      expect(await rowsWith("0049171", chat.team.id)).not.toEqual([]);
      await chat.talk("And now?", { ...room, user: "user-bob" });
      expect(JSON.parse(backend.requests.at(-1)!.body).messages).toEqual([
        { role: "user", content: "Hello" },
        { role: "assistant", content: "Hello, Bob." },
        { role: "user", content: "And now?" },
      ]);
    } finally {
      await backend.close();
    }
  });

  it("leaves nothing in the table of a user who began a shared chat", async () => {
    const { chat } = await aRoom();
    await chat.erase("user-ada");
    for (const text of ["Ada one", "Ada two", "Lovelace", "user-ada"]) {
      expect([text, await rowsWith(text, chat.team.id)]).toEqual([text, []]);
    }
  });

  it("finds a user again who wrote once more in a shared chat", async () => {
    const { chat, room, id } = await aRoom();
    await chat.erase("user-ada");
    platform.advance(1);
    await chat.talk("Ada three", { ...room, user: "user-ada" });
    expect((await chat.conversations({ user_id: "user-ada" })).data).toMatchObject([{ id }]);
    await chat.erase("user-ada");
    expect(await rowsWith("Ada three", chat.team.id)).toEqual([]);
    const contents = (await chat.messages(id)).map(
      ({ content }: Pick<Message, "content">) => content,
    );
    expect(contents).toEqual(["", "Bob one", "", "Bob two", ""]);
  });

  it("erases a shared chat as a whole when its last user is erased", async () => {
    const { chat, id } = await aRoom();
    await chat.erase("user-ada");
    await chat.erase("user-bob");
    expect((await chat.conversations()).meta.total).toBe(0);
    const rows = await rowsLeftOf(id, chat.team.id);
    expect(rows.every(({ sk }) => sk === "RECEIPT")).toBe(true);
  });

  it("shows erased messages to no backend", async () => {
    const backend = await startFakeBackend();
    try {
      const chat = await openErasableChat(platform, { backend_url: backend.url });
      backend.answer(answers.json({ content: "Noted" }));
      const room = { chat_id: "room" };
      await chat.talk("Ada's secret", { ...room, user: "user-ada" });
      await chat.talk("Bob's words", { ...room, user: "user-bob" });
      await chat.erase("user-ada");
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

  it("leaves the same user's words to other bots", async () => {
    const chat = await openErasableChat(platform);
    const other = await openErasableChat(platform, { team: chat.team, bot: { status: "paused" } });
    await chat.talk("To the one", { user: "user-ada" });
    const id = await other.talk("To the other", { user: "user-ada" });
    await chat.erase("user-ada");
    expect(await other.messages(id)).toMatchObject([{ content: "To the other" }]);
    expect((await chat.conversations()).meta.total).toBe(0);
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
    const chat = await openErasableChat(platform);
    await chat.talk("Mine", { user });
    await chat.talk("Theirs", { user: other });
    const { status, body } = await chat.erase(user);
    expect([status, body.data.user_id]).toEqual([200, user]);
    const { data } = await chat.conversations();
    expect(data.map(({ user }: Pick<Conversation, "user">) => user.id)).toEqual([other]);
  });

  it("can be bound to a platform, and refuses one that it does not know", async () => {
    const chat = await openErasableChat(platform);
    await chat.talk("Hello", { user: "user-ada" });
    const { status, body } = await chat.erase("user-ada", { platform: "pigeon" });
    expect([status, body.error.code, body.error.details[0].path]).toEqual([
      422,
      "validation_error",
      "query.platform",
    ]);
    expect((await chat.conversations()).meta.total).toBe(1);
    expect((await chat.erase("user-ada", { platform: "web" })).status).toBe(200);
    expect((await chat.conversations()).meta.total).toBe(0);
  });

  it("refuses a parameter that it does not have, rather than erase more than was meant", async () => {
    const chat = await openErasableChat(platform);
    await chat.talk("Hello", { user: "user-ada" });
    const { status, body } = await chat.erase("user-ada", "channel_id=ch_1");
    expect([status, body.error.details[0].path]).toEqual([422, "query.channel_id"]);
    await platform.settle();
    expect((await chat.conversations()).meta.total).toBe(1);
  });

  it("answers 422 for an id that is too long, so that nobody takes it for erased or gone", async () => {
    const chat = await openErasableChat(platform);
    expect((await chat.erase("x".repeat(256))).status).toBe(200);
    const { status, body } = await chat.erase("x".repeat(257));
    expect([status, body.error.details]).toEqual([
      422,
      [{ path: "path.user_id", message: "Must be 1 to 256 characters long." }],
    ]);
  });

  it("answers 404 where there is no id", async () => {
    const chat = await openErasableChat(platform);
    expect((await chat.erase("")).status).toBe(404);
  });
});
