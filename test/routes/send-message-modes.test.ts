import { describe, expect, it } from "@jest/globals";
import { answers, held, useFakeBackend } from "#test/support/fake-backend";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();
const backend = useFakeBackend();

const minute = 60_000;

const chatIn = (mode: string, session_timeout_minutes: number | null = null) =>
  openWebChat(platform, {
    bot: { settings: { conversation: { mode, session_timeout_minutes } } },
  });

describe("POST /v1/channels/{id}/messages, where a conversation begins", () => {
  it.each(["auto", "thread"])(
    "makes one chat one conversation in mode %s, whoever writes",
    async (mode) => {
      const { talk } = await chatIn(mode);
      const first = await talk("Hello!", { user: "ada", chat_id: "lobby" });
      expect(await talk("Hi!", { user: "bob", chat_id: "lobby" })).toBe(first);
      expect(await talk("Hello!", { user: "ada", chat_id: "garden" })).not.toBe(first);
      platform.advance(400 * 24 * 60 * minute);
      expect(await talk("Still here", { user: "ada", chat_id: "lobby" })).toBe(first);
    },
  );

  it("keeps the users of a chat apart in mode user", async () => {
    const { talk } = await chatIn("user");
    const ada = await talk("Hello!", { user: "ada", chat_id: "lobby" });
    const bob = await talk("Hi!", { user: "bob", chat_id: "lobby" });
    expect(bob).not.toBe(ada);
    expect(await talk("Again", { user: "ada", chat_id: "lobby" })).toBe(ada);
    expect(await talk("Again", { user: "bob", chat_id: "lobby" })).toBe(bob);
  });

  it("never takes one pair of chat and user for another in mode user", async () => {
    const { talk } = await chatIn("user");
    const one = await talk("Hello!", { user: "b", chat_id: 'a","' });
    const two = await talk("Hello!", { user: '","b', chat_id: "a" });
    expect(two).not.toBe(one);
  });

  it("begins a new conversation in mode session only after the timeout of silence", async () => {
    const { talk, key } = await chatIn("session", 30);
    const first = await talk("Hello!");
    platform.advance(30 * minute);
    expect(await talk("Just in time")).toBe(first);
    platform.advance(30 * minute);
    expect(await talk("And again")).toBe(first);
    platform.advance(30 * minute + 1);
    const second = await talk("Too late");
    expect(second).not.toBe(first);
    expect(await talk("Here")).toBe(second);
    const old = await platform.call("getConversation", { as: key, params: { id: first } });
    expect([old.status, old.body.data.message_count]).toEqual([200, 6]);
  });

  it("counts the silence in mode session from the reply too", async () => {
    const { say, talk } = await openWebChat(platform, {
      backend_url: backend.url,
      bot: { settings: { conversation: { mode: "session", session_timeout_minutes: 30 } } },
    });
    const late = held(answers.echo());
    backend.answer(late.answer, answers.echo());
    const { body } = await say("Hello!");
    await backend.received(1);
    platform.advance(2_000);
    late.release();
    await platform.settle();
    platform.advance(30 * minute - 1_000);
    expect(await talk("More than the timeout after my message, less after the reply")).toBe(
      body.data.message.conversation_id,
    );
  });

  it("begins a new conversation when the bot's mode changes, and finds the old one when it changes back", async () => {
    const { talk, key, bot_id } = await chatIn("auto");
    const change = (mode: string) =>
      platform.call("updateBot", {
        as: key,
        params: { id: bot_id },
        body: { settings: { conversation: { mode } } },
      });
    const shared = await talk("Hello!", { user: "ada", chat_id: "lobby" });
    await change("user");
    expect(await talk("Hello!", { user: "ada", chat_id: "lobby" })).not.toBe(shared);
    await change("auto");
    expect(await talk("Hello!", { user: "ada", chat_id: "lobby" })).toBe(shared);
  });

  it("shows a new user of a shared chat in their own messages, in searches, not as who began it", async () => {
    const { talk, key, bot_id } = await chatIn("auto");
    const id = await talk("Hello!", { user: { id: "ada", name: "Ada" }, chat_id: "lobby" });
    await talk("Hi!", { user: { id: "bob", name: "Bob" }, chat_id: "lobby" });
    await talk("How are you?", { user: { id: "bob", name: "Robert" }, chat_id: "lobby" });
    const { body } = await platform.call("getConversation", { as: key, params: { id } });
    expect(body.data.user).toMatchObject({ id: "ada", name: "Ada" });
    const messages = await platform.call("listMessages", {
      as: key,
      params: { id },
      query: { role: "user" },
    });
    expect(
      messages.body.data.map((message: { user: { name: string } }) => message.user.name),
    ).toEqual(["Ada", "Bob", "Robert"]);
    const search = { as: key, params: { bot_id }, query: { user_id: "bob" } };
    const found = await platform.call("listConversations", search);
    expect(found.body.data).toEqual([body.data]);
    expect(found.body.meta.total).toBe(1);
  });

  it("gives a chat of a deleted conversation a new one, that knows nothing of the old", async () => {
    const { talk, key } = await chatIn("auto");
    const old = await talk("Remember 42");
    await platform.call("deleteConversation", { as: key, params: { id: old } });
    const fresh = await talk("What did I say?");
    expect(fresh).not.toBe(old);
    const { body } = await platform.call("getConversation", { as: key, params: { id: fresh } });
    expect(body.data.message_count).toBe(2);
  });

  it("keeps one user's chats in two channels of a bot apart", async () => {
    const one = await chatIn("auto");
    const two = await openWebChat(platform, { team: one.team, bot_id: one.bot_id });
    expect(await one.talk("Hello!")).not.toBe(await two.talk("Hello!"));
  });
});
