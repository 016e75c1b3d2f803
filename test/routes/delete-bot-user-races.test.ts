import { createHash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { operatorOf } from "#shared/audit/audit-entry";
import { liveBlobs } from "#shared/blobs/live-blobs";
import { createBotStore } from "#shared/bots/bot-store";
import { eraseUser } from "#shared/conversations/erase-user";
import { deleteUser } from "#shared/erasure/delete-user";
import { isoTime } from "#shared/runtime/clock";
import { createMint } from "#shared/runtime/mint";
import { keys, messageSk } from "#shared/table/keys";
import type { Table } from "#shared/table/table";
import { allRows } from "#test/support/all-rows";
import { type ErasableChat, openErasableChat } from "#test/support/erasable-chat";
import { answers, held, startFakeBackend, useFakeBackend } from "#test/support/fake-backend";
import { aWebhookEndpoint } from "#test/support/make";
import { readable, rowsWith } from "#test/support/stored-rows";
import { usePlatform } from "#test/support/test-platform";
import { saysBack } from "#test/support/webhook-endpoints";

const platform = usePlatform();
const receiver = useFakeBackend(saysBack);

const lost = async () => {};

/** Asks for the erasure while the queue accepts messages and loses them. */
async function removeSilently({ team, bot_id }: ErasableChat, userId: string) {
  platform.advance(1);
  const deps = {
    table: platform.table,
    bots: createBotStore(platform.table),
    clock: platform.clock,
    queues: { send: lost, sendBatch: async () => [], setVisibility: lost },
  };
  const user = { bot_id, user_id: userId };
  await deleteUser(deps, operatorOf(team.id), user, createMint(platform.clock()));
  platform.advance(1);
}

/** Erases a user without the queue, over a table that may have a mind of its own. */
const eraseNow = ({ team, bot_id }: ErasableChat, user_id: string, table: Table = platform.table) =>
  eraseUser(
    { table, blobs: liveBlobs },
    { team_id: team.id, bot_id, platform: null, user_id, before: isoTime(platform.clock()) },
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

describe("DELETE /v1/bots/{bot_id}/users/{user_id}: whatever comes in between", () => {
  it("keeps what the user says after the request", async () => {
    const chat = await openErasableChat(platform);
    const id = await chat.talk("Before", { user: "user-ada" });
    await removeSilently(chat, "user-ada");
    await chat.talk("After", { user: "user-ada" });
    await aMinute();
    expect(await chat.messages(id)).toMatchObject([
      { content: "", user: null, metadata: { erased: true } },
      { content: "After", user: { id: "user-ada" } },
    ]);
    expect(await rowsWith("Before", chat.team.id)).toEqual([]);
    expect((await chat.conversations({ user_id: "user-ada" })).meta.total).toBe(1);
    await chat.erase("user-ada");
    expect(await rowsWith("After", chat.team.id)).toEqual([]);
    expect((await chat.conversations()).meta.total).toBe(0);
  });

  it("is done within a minute even when the queue loses its message", async () => {
    const chat = await openErasableChat(platform);
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
      const chat = await openErasableChat(platform);
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
        transact: async (...args) => {
          await interrupted();
          return platform.table.transact(...args);
        },
        update: async (...args) => {
          await interrupted();
          return platform.table.update(...args);
        },
      });
      expect(await rowsWith("Early words", chat.team.id)).toEqual([]);
      expect((await chat.messages(id)).at(-1)).toMatchObject({ content: "Late words" });
      expect((await chat.conversations({ user_id: "user-ada" })).meta.total).toBe(1);
      await chat.erase("user-ada");
      expect(await rowsWith("Late words", chat.team.id)).toEqual([]);
    },
  );

  it.each(["own", "shared"])(
    "goes on with the user's %s chat wherever it was cut off",
    async (kind) => {
      for (let calls = 0, done = false; !done; calls++) {
        // Its echo says the same words again.
        const chat = await openErasableChat(platform, {});
        await aWebhookEndpoint(platform, chat.team.key, { url: receiver.url, events: ["*"] });
        const place = { chat_id: "room" };
        for (let number = 1; number <= 2; number++) {
          await chat.talk(`Ada's words ${number}`, { ...place, user: "user-ada" });
        }
        if (kind === "shared") await chat.talk("Bob's words", { ...place, user: "user-bob" });
        platform.advance(1);
        done = await eraseNow(chat, "user-ada", cutAfter(calls)).then(
          () => true,
          () => false,
        );
        await eraseNow(chat, "user-ada");
        const rows = (await allRows(`TEAM#${chat.team.id}`)).map(readable);
        for (const text of ["Ada's words", "user-ada", hashOf("user-ada")]) {
          const left = rows.filter((row) => row.includes(text));
          expect([calls, text, left]).toEqual([calls, text, []]);
        }
        expect((await chat.conversations()).meta.total).toBe(kind === "shared" ? 1 : 0);
        expect(calls).toBeLessThan(80);
      }
    },
  );

  it("leaves no empty chat when both of its users are erased at once", async () => {
    const chat = await openErasableChat(platform);
    const room = { chat_id: "room" };
    await chat.talk("Ada's words", { ...room, user: "user-ada" });
    const id = await chat.talk("Bob's words", { ...room, user: "user-bob" });
    platform.advance(1);
    let isDone = false;
    // Both have read what the other said before either empties anything.
    await eraseNow(chat, "user-ada", {
      ...platform.table,
      update: async (...args) => {
        if (!isDone) {
          isDone = true;
          await eraseNow(chat, "user-bob");
          expect(await chat.messages(id)).toMatchObject([
            { content: "Ada's words" },
            { content: "" },
          ]);
        }
        return platform.table.update(...args);
      },
    });
    expect((await chat.conversations()).meta.total).toBe(0);
    expect((await rowsWith(id, chat.team.id)).every(({ sk }) => sk === "RECEIPT")).toBe(true);
  });

  it("needs only a moment without messages in a long chat: what it has read it reads no second time", async () => {
    const chat = await openErasableChat(platform);
    const room = { chat_id: "room" };
    const id = await chat.talk("Ada's words", { ...room, user: "user-ada" });
    const bob = (content: string) => chat.say(content, { ...room, user: "user-bob" });
    for (let number = 1; number <= 120; number++) await bob(`Words ${number}`);
    platform.advance(1);
    const read: string[] = [];
    let readsBefore = 0;
    await eraseNow(chat, "user-ada", {
      ...platform.table,
      queryAll: async (query) => {
        const rows = await platform.table.queryAll(query);
        const messages = rows.filter(({ sk }) => sk.startsWith("MESSAGE#"));
        if (messages.length > 0) readsBefore++;
        read.push(...messages.map(({ sk }) => sk));
        return rows;
      },
      transact: async (...args) => {
        // Others write whenever there was time for it.
        if (readsBefore > 1) await bob("In between");
        readsBefore = 0;
        return platform.table.transact(...args);
      },
    });
    expect((await chat.conversations({ user_id: "user-ada" })).meta.total).toBe(0);
    expect(await rowsWith("Ada's words", chat.team.id)).toEqual([]);
    expect((await platform.table.get(keys.conversation(chat.team.id, id)))?.["message_count"]).toBe(
      122,
    );
    expect(read).toEqual(Array.from({ length: 122 }, (_, index) => messageSk(index + 1)));
  });

  it.each([
    ["at once", {}],
    ["after a delay", { response_delay: { min_ms: 50_000, max_ms: 50_000 } }],
  ])(
    "drops a reply that would come %s to words that were erased, and goes on",
    async (_, settings) => {
      const backend = await startFakeBackend();
      try {
        const chat = await openErasableChat(platform, {
          backend_url: backend.url,
          bot: { settings },
        });
        const room = { chat_id: "room" };
        const late = held(answers.json({ content: "You said: 1234-5678" }));
        backend.answer(late.answer, answers.json({ content: "For Bob" }));
        const waiting = chat.say("My PIN is 1234-5678", { ...room, user: "user-ada", wait: 25 });
        await backend.received(1);
        const { body } = await chat.say("Bob asks", { ...room, user: "user-bob" });
        platform.advance(1);
        await eraseNow(chat, "user-ada");
        late.release();
        await platform.settle();
        platform.advance(50_000);
        await platform.settle();
        expect((await waiting).body.data.reply).toBeNull();
        expect(await chat.messages(body.data.message.conversation_id)).toMatchObject([
          { content: "", user: null },
          { content: "Bob asks" },
          { content: "For Bob", delivery: { status: "sent" } },
        ]);
        expect(await rowsWith("1234-5678", chat.team.id)).toEqual([]);
      } finally {
        await backend.close();
      }
    },
  );

  it("erases a reply that is stored between its reading and its writing", async () => {
    const backend = await startFakeBackend();
    try {
      const chat = await openErasableChat(platform, { backend_url: backend.url });
      const room = { chat_id: "room" };
      const late = held(answers.json({ content: "You said: 1234-5678" }));
      backend.answer(late.answer, answers.json({ content: "For Bob" }));
      const { body } = await chat.say("My PIN is 1234-5678", { ...room, user: "user-ada" });
      await backend.received(1);
      await chat.say("Bob asks", { ...room, user: "user-bob" });
      platform.advance(1);
      let isAnswered = false;
      await eraseNow(chat, "user-ada", {
        ...platform.table,
        transact: async (...args) => {
          if (!isAnswered) {
            isAnswered = true;
            late.release();
            await platform.settle();
            expect(await rowsWith("You said: 1234-5678", chat.team.id)).toHaveLength(1);
          }
          return platform.table.transact(...args);
        },
      });
      expect(isAnswered).toBe(true);
      expect(await chat.messages(body.data.message.conversation_id)).toMatchObject([
        { content: "", user: null },
        { content: "Bob asks" },
        { role: "assistant", content: "", metadata: { erased: true } },
        { content: "For Bob" },
      ]);
      expect(await rowsWith("1234-5678", chat.team.id)).toEqual([]);
    } finally {
      await backend.close();
    }
  });

  it("does not send a reply that waits for its time when its message is erased", async () => {
    const delay = { response_delay: { min_ms: 50_000, max_ms: 50_000 } };
    const chat = await openErasableChat(platform, { bot: { settings: delay } });
    const room = { chat_id: "room" };
    const id = await chat.talk("Ada's words", { ...room, user: "user-ada" });
    await chat.talk("Bob's words", { ...room, user: "user-bob" });
    await chat.erase("user-ada");
    for (let look = 0; look < 3; look++) await aMinute();
    expect(await chat.messages(id)).toMatchObject([
      { content: "" },
      { content: "", delivery: { status: "skipped" } },
      { content: "Bob's words", role: "user" },
      { content: "Bob's words", role: "assistant", delivery: { status: "sent" } },
    ]);
  });

  it("leaves a message that waits for its reply without one", async () => {
    const delay = { response_delay: { min_ms: 50_000, max_ms: 50_000 } };
    const chat = await openErasableChat(platform, { bot: { settings: delay } });
    const id = await chat.talk("Waiting words", { user: "user-ada" });
    await chat.erase("user-ada");
    await aMinute();
    expect(await rowsWith("Waiting words", chat.team.id)).toEqual([]);
    expect((await rowsWith(id, chat.team.id)).every(({ sk }) => sk === "RECEIPT")).toBe(true);
  });

  it("leaves a message that is next in a shared chat without a reply", async () => {
    const backend = await startFakeBackend();
    try {
      const chat = await openErasableChat(platform, { backend_url: backend.url });
      const late = held(answers.json({ content: "For Bob" }));
      backend.answer(late.answer);
      const { body } = await chat.say("Bob asks", { chat_id: "room", user: "user-bob" });
      await backend.received(1);
      await chat.say("Ada asks", { chat_id: "room", user: "user-ada" });
      platform.advance(1);
      await eraseNow(chat, "user-ada");
      late.release();
      await platform.settle();
      expect(await chat.messages(body.data.message.conversation_id)).toMatchObject([
        { content: "Bob asks" },
        { content: "", metadata: { erased: true } },
        { content: "For Bob" },
      ]);
      expect(backend.requests).toHaveLength(1);
    } finally {
      await backend.close();
    }
  });
});
