import { describe, expect, it } from "@jest/globals";
import { allRows } from "#test/support/all-rows";
import { answers, held, useFakeBackend } from "#test/support/fake-backend";
import { withLog } from "#test/support/log-lines";
import { aConversation } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();
const backend = useFakeBackend();

const remove = ({ key }: Pick<WebChat, "key">, id: string) =>
  platform.call("deleteConversation", { as: key, params: { id } });

/** The rows that a conversation has left, but for receipts, which go by themselves. */
const rowsOf = async (id: string) =>
  (await allRows()).filter(
    (row) => row["remove_at"] === undefined && JSON.stringify(row).includes(id),
  );

describe("DELETE /v1/conversations/{id}", () => {
  itRefuses("deleteConversation", platform, async (as) => ({
    as,
    params: { id: await aConversation(platform, as) },
  }));

  it("answers with the id, and 404 when it is sent again, before and after the erasure", async () => {
    const chat = await openWebChat(platform);
    const id = await chat.talk("Hello!");
    const { status, body } = await remove(chat, id);
    expect(status).toBe(200);
    expect(body).toEqual({ data: { id, deleted: true } });
    expect((await remove(chat, id)).status).toBe(404);
    await platform.settle();
    expect((await remove(chat, id)).status).toBe(404);
  });

  it("succeeds once when it is sent several times at once, and is counted once", async () => {
    const chat = await openWebChat(platform);
    const id = await chat.talk("Hello!");
    await chat.talk("Hello!", { user: "bob" });
    const deletions = await Promise.all(Array.from({ length: 5 }, () => remove(chat, id)));
    expect(deletions.filter(({ status }) => status === 200)).toHaveLength(1);
    const list = { as: chat.key, params: { bot_id: chat.bot_id } };
    expect((await platform.call("listConversations", list)).body.meta.total).toBe(1);
  });

  it("takes the conversation out of every list and its messages out of sight at once", async () => {
    const chat = await openWebChat(platform);
    const id = await chat.talk("Hello!", { user: "ada", chat_id: "lobby" });
    await chat.talk("Hi!", { user: "bob", chat_id: "lobby" });
    await remove(chat, id);
    const as = chat.key;
    expect((await platform.call("listMessages", { as, params: { id } })).status).toBe(404);
    const queries: Readonly<Record<string, string>>[] = [
      {},
      { user_id: "ada" },
      { user_id: "bob" },
      { channel_id: chat.channel_id },
      { active_after: "2026-01-01T00:00:00Z" },
    ];
    for (const query of queries) {
      const list = { as, params: { bot_id: chat.bot_id }, query };
      const { body } = await platform.call("listConversations", list);
      expect(body).toMatchObject({ data: [], meta: { total: 0, total_is_exact: true } });
    }
  });

  it("leaves no row behind once the worker has been there", async () => {
    const chat = await openWebChat(platform);
    const id = await chat.talk("A secret", { user: "ada", chat_id: "lobby" });
    await chat.talk("A secret", { user: "bob", chat_id: "lobby" });
    const other = await chat.talk("Something else", { user: "eve" });
    await remove(chat, id);
    await platform.settle();
    expect(await rowsOf(id)).toEqual([]);
    expect(JSON.stringify(await allRows())).not.toContain("A secret");
    expect(await rowsOf(other)).not.toEqual([]);
  });

  it("erases more messages than one batch holds, and goes on where it stopped when the table fails", async () => {
    const chat = await openWebChat(platform, { bot: { status: "paused" } });
    let id = "";
    for (let index = 0; index < 130; index++) {
      const user = `user-${index % 7}`;
      id = (await chat.say("A secret", { user, chat_id: "lobby" })).body.data.message
        .conversation_id;
    }
    let batches = 0;
    platform.faults = ({ operation }) =>
      operation === "BatchWriteItem" && ++batches > 3 ? { kind: "throttle" } : undefined;
    const { lines } = await withLog(async () => {
      await remove(chat, id);
      await platform.settle();
    });
    expect(lines.map(({ event }) => event)).toContain("work_failed");
    const half = (await rowsOf(id)).filter(({ sk }) => sk.startsWith("MESSAGE#"));
    expect(half.length).toBeGreaterThan(0);
    expect(half.length).toBeLessThan(130);
    platform.faults = undefined;
    platform.advance(6_000);
    await platform.settle();
    expect(await rowsOf(id)).toEqual([]);
  });

  it("ends the erasure although every message to the worker is lost: the sweep finds it", async () => {
    const chat = await openWebChat(platform);
    const id = await chat.talk("A secret");
    platform.faults = ({ operation }) =>
      operation === "SendMessage" ? { kind: "lost" } : undefined;
    await remove(chat, id);
    await platform.settle();
    platform.faults = undefined;
    expect(await rowsOf(id)).not.toEqual([]);
    platform.advance(60_000);
    await platform.sweep();
    await platform.settle();
    expect(await rowsOf(id)).toEqual([]);
  });

  it("changes nothing when the table cannot take it, and succeeds when it is sent again", async () => {
    const chat = await openWebChat(platform);
    const id = await chat.talk("Hello!");
    platform.faults = ({ operation }) =>
      operation === "TransactWriteItems" ? { kind: "throttle" } : undefined;
    const { result } = await withLog(() => remove(chat, id));
    platform.faults = undefined;
    expect([result.status, result.headers["retry-after"]]).toEqual([503, "1"]);
    const read = { as: chat.key, params: { id } };
    expect((await platform.call("getConversation", read)).status).toBe(200);
    expect((await remove(chat, id)).status).toBe(200);
  });

  it("drops a reply that is being made", async () => {
    const chat = await openWebChat(platform, { backend_url: backend.url });
    const late = held(answers.json({ content: "Too late" }));
    backend.answer(late.answer);
    const { body } = await chat.say("A secret");
    const id = body.data.message.conversation_id;
    await backend.received(1);
    await remove(chat, id);
    late.release();
    await platform.settle();
    expect(await rowsOf(id)).toEqual([]);
    expect(JSON.stringify(await allRows())).not.toContain("Too late");
  });

  it("lets the next message of the chat begin a new conversation, while the old one is erased", async () => {
    const chat = await openWebChat(platform);
    const old = await chat.talk("Hello!");
    await remove(chat, old);
    const { body } = await chat.say("Hello again!", { wait: 25 });
    const fresh = body.data.message.conversation_id;
    expect(fresh).not.toBe(old);
    expect(body.data.reply.content).toBe("Hello again!");
    await platform.settle();
    expect(await rowsOf(old)).toEqual([]);
    expect(await chat.talk("Still the same?")).toBe(fresh);
    const list = { as: chat.key, params: { bot_id: chat.bot_id } };
    expect((await platform.call("listConversations", list)).body.meta.total).toBe(1);
  });
});
