import { describe, expect, it } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import { allPages } from "#test/support/all-pages";
import { type TestPlatform, usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();

const many = 50;
/** Until all is answered: a reply that lost too many races to messages is tried again after a while. */
async function answered(platform: TestPlatform) {
  await platform.settle();
  for (let round = 0; round < 3; round++) {
    platform.advance(31_000);
    await platform.settle();
  }
}

const atOnce = <T>(run: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: many }, (_, index) => run(index)));

const messagesOf = ({ key }: Pick<WebChat, "key">, id: string) =>
  allPages(platform, "listMessages", { as: key, params: { id } });

const conversationsOf = ({ key, bot_id }: WebChat) =>
  allPages(platform, "listConversations", { as: key, params: { bot_id } });

/** The numbers under which the messages of a conversation are stored. */
async function numbersOf({ team }: WebChat, id: Id<"conv">, count: number): Promise<number[]> {
  const rows = await platform.table.batchGet(
    Array.from({ length: count + 1 }, (_, index) => keys.message(team.id, id, index + 1)),
  );
  return rows.flatMap((row) => (row ? [Number(row["number"])] : []));
}

describe("POST /v1/channels/{id}/messages at once", () => {
  it("keeps all of 50 different messages into one new chat, with dense numbers and ascending times", async () => {
    const chat = await openWebChat(platform);
    const sent = await atOnce((index) => chat.say(`Message ${index}`));
    expect(sent.map(({ status }) => status)).toEqual(Array(many).fill(201));
    await answered(platform);

    const [conversation, ...others] = await conversationsOf(chat);
    expect(others).toEqual([]);
    expect(conversation.message_count).toBe(2 * many);
    const messages = await messagesOf(chat, conversation.id);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(2 * many);
    expect(await numbersOf(chat, conversation.id, 2 * many)).toEqual(
      Array.from({ length: 2 * many }, (_, index) => index + 1),
    );
    const times = messages.map(({ created_at }) => String(created_at));
    expect(times).toEqual(times.toSorted());
    const said = messages
      .filter(({ role }) => role === "user")
      .map(({ content }) => String(content));
    const replied = messages
      .filter(({ role }) => role === "assistant")
      .map(({ content }) => content);
    expect(said.toSorted()).toEqual(sent.map((_, index) => `Message ${index}`).toSorted());
    // One conversation is handled in order: replies come in the order of the messages.
    expect(replied).toEqual(said);
  });

  it("keeps a message that is sent 50 times with one message_id once, and answers it once", async () => {
    const chat = await openWebChat(platform);
    const sent = await atOnce(() => chat.say("Hello!", { message_id: "m-1", wait: 25 }));
    expect(sent.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(sent.filter(({ status }) => status === 200)).toHaveLength(many - 1);
    expect(new Set(sent.map(({ body }) => body.data.message.id)).size).toBe(1);
    expect(new Set(sent.map(({ body }) => body.data.reply.id)).size).toBe(1);
    await platform.settle();
    expect(await messagesOf(chat, sent[0]?.body.data.message.conversation_id)).toHaveLength(2);
  });

  it("keeps 50 chats apart and counts each of them", async () => {
    const chat = await openWebChat(platform);
    const sent = await atOnce((index) => chat.say("Hello!", { user: `user-${index}` }));
    await platform.settle();
    const conversations = await conversationsOf(chat);
    expect(new Set(conversations.map(({ user }) => user.id))).toEqual(
      new Set(sent.map((_, index) => `user-${index}`)),
    );
    expect(conversations).toHaveLength(many);
    expect(conversations.every(({ message_count }) => message_count === 2)).toBe(true);
    const list = { as: chat.key, params: { bot_id: chat.bot_id } };
    expect((await platform.call("listConversations", list)).body.meta.total).toBe(many);
  });

  it("begins one new session when 50 messages come after a silence", async () => {
    const chat = await openWebChat(platform, {
      bot: { settings: { conversation: { mode: "session", session_timeout_minutes: 30 } } },
    });
    const first = await chat.talk("Hello!");
    platform.advance(31 * 60_000);
    const sent = await atOnce((index) => chat.say(`Message ${index}`));
    const ids = new Set(sent.map(({ body }) => body.data.message.conversation_id));
    await answered(platform);
    expect(ids.size).toBe(1);
    expect(ids).not.toContain(first);
    expect((await conversationsOf(chat)).map(({ message_count }) => message_count)).toEqual([
      2 * many,
      2,
    ]);
  });

  it("keeps the times of messages ascending when the clock is set back", async () => {
    const chat = await openWebChat(platform);
    await chat.talk("One");
    platform.advance(-3_600_000);
    const id = await chat.talk("Two");
    platform.advance(3_600_000);
    await platform.sweep();
    await platform.settle();
    const times = (await messagesOf(chat, id)).map(({ created_at }) => String(created_at));
    expect(times).toHaveLength(4);
    expect(times).toEqual(times.toSorted());
  });

  it("loses or doubles nothing between messages and the deletion of their conversation", async () => {
    const chat = await openWebChat(platform);
    const id = await chat.talk("Hello!");
    const sent = await atOnce(async (index) => {
      if (index === 25) {
        const gone = await platform.call("deleteConversation", { as: chat.key, params: { id } });
        expect(gone.status).toBe(200);
      }
      return chat.say(`Message ${index}`);
    });
    expect(sent.map(({ status }) => status)).toEqual(Array(many).fill(201));
    await answered(platform);
    const [conversation, ...others] = await conversationsOf(chat);
    expect(others).toEqual([]);
    const kept = sent.filter(({ body }) => body.data.message.conversation_id === conversation.id);
    const messages = await messagesOf(chat, conversation.id);
    expect(messages.filter(({ role }) => role === "user")).toHaveLength(kept.length);
    expect(messages).toHaveLength(2 * kept.length);
    expect(
      sent.every(({ body }) => [id, conversation.id].includes(body.data.message.conversation_id)),
    ).toBe(true);
  });
});
