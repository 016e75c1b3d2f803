import { beforeEach, describe, expect, it } from "@jest/globals";
import { keys } from "#shared/table/keys";
import { allRows } from "#test/support/all-rows";
import { useFakeBackend } from "#test/support/fake-backend";
import { costOf, withLog } from "#test/support/log-lines";
import { useTelegram } from "#test/support/telegram-channel";
import { openTelegramChat, type TelegramChat } from "#test/support/telegram-chat";
import { usePlatform } from "#test/support/test-platform";
import { ada, group, supergroup } from "../fixtures/telegram/updates.ts";

const platform = usePlatform();
const telegram = useTelegram();
const backend = useFakeBackend();
const ben = { ...ada, id: ada.id + 1, first_name: "Ben" };

let chat: TelegramChat;
const open = async (settings: object = {}) => {
  const always = { should_respond: { groups: "always" }, typing_indicator: false };
  chat = await openTelegramChat(platform, telegram.fake, {
    bot: { settings: { ...always, ...settings } },
    backend_url: backend.url,
  });
};
beforeEach(() => open());

let ids = 0;
const say = async (where: { readonly id: number }, text: string, from = ada) => {
  const { status } = await chat.tell({
    chat: where as typeof group,
    from,
    message_id: ++ids,
    text,
  });
  expect(status).toBe(200);
  await platform.settle();
};
const leaves = () => chat.tell({ chat: group, migrate_to_chat_id: supergroup.id });
const arrives = () => chat.tell({ chat: supergroup, migrate_from_chat_id: group.id });
/** The conversations by who began them: the chat's id and how many messages there are. */
const conversations = async () =>
  Object.fromEntries(
    (await chat.conversations()).map(
      (one: { user: { name: string }; chat_id: string; message_count: number }) => [
        one.user.name,
        [one.chat_id, one.message_count],
      ],
    ),
  );
const aliases = async () =>
  (await allRows(`TEAM#${chat.team.id}#CHANNEL#${chat.channel_id}#ALIASES`)).map(
    ({ first_id }) => first_id,
  );
const migrated = {
  error_code: 400,
  description: "Bad Request: group chat was upgraded to a supergroup chat",
  parameters: { migrate_to_chat_id: supergroup.id },
};
const sentTo = () => telegram.fake.sent.map(({ params }) => params["chat_id"]);
const [old, moved] = [String(group.id), String(supergroup.id)];

describe("A group that becomes a supergroup", () => {
  it.each([
    ["the old chat", leaves],
    ["the new chat", arrives],
    [
      "both, again and again",
      async () => void (await Promise.all([arrives(), leaves(), leaves()])),
    ],
  ])("goes on with the conversation of each user when %s says so", async (_, tell) => {
    await say(group, "Hello!");
    await say(group, "Hello!", ben);
    await tell();
    expect(await conversations()).toEqual({
      "Ada Lovelace": [old, 2],
      "Ben Lovelace": [old, 2],
    });
    await say(supergroup, "Still there?");
    expect(await conversations()).toEqual({
      "Ada Lovelace": [moved, 4],
      "Ben Lovelace": [old, 2],
    });
    expect(JSON.parse(backend.requests.at(-1)!.body)).toMatchObject({
      messages: [{ content: "Hello!" }, { content: "Hello!" }, { content: "Still there?" }],
      metadata: { chat_id: moved },
    });
    await say(supergroup, "Me too?", ben);
    await say(supergroup, "And me?", { ...ben, id: ben.id + 1, first_name: "Cleo" });
    expect(await conversations()).toEqual({
      "Ada Lovelace": [moved, 4],
      "Ben Lovelace": [moved, 4],
      "Cleo Lovelace": [moved, 2],
    });
    expect(await aliases()).toEqual([old, old]);
    expect(sentTo().slice(2)).toEqual([supergroup.id, supergroup.id, supergroup.id]);
  });

  it("goes on when only a reply finds out, and what was said before is answered in the new chat", async () => {
    telegram.fake.refuse("sendRichMessage", migrated);
    await say(group, "Hello!");
    expect(sentTo()).toEqual([supergroup.id]);
    await say(supergroup, "Still there?");
    expect(await conversations()).toEqual({ "Ada Lovelace": [moved, 4] });
    await leaves();
    expect(await aliases()).toEqual([old, old]);
  });

  it("is answered in the new chat where the message came from the old one", async () => {
    await open({ response_delay: { min_ms: 10_000, max_ms: 10_000 } });
    await say(group, "Hello!");
    await Promise.all([leaves(), arrives()]);
    telegram.fake.refuse("sendRichMessage", migrated);
    platform.advance(10_000);
    await platform.settle();
    expect(sentTo()).toEqual([supergroup.id]);
    expect(await aliases()).toEqual([old, old]);
  });

  it("takes a message of the old chat that comes late, and is shown under the new id all the same", async () => {
    await say(group, "One");
    await leaves();
    await say(supergroup, "Three");
    await say(group, "Two");
    expect(await conversations()).toEqual({ "Ada Lovelace": [moved, 6] });
  });

  it("goes on as one thread where everybody in the chat shares a conversation", async () => {
    await open({ conversation: { mode: "thread" } });
    await say(group, "Hello!");
    await leaves();
    await say(supergroup, "Me too!", ben);
    expect(await conversations()).toEqual({ "Ada Lovelace": [moved, 4] });
  });

  it("goes on also when it moves again", async () => {
    const third = { ...supergroup, id: supergroup.id - 1 };
    await say(group, "One");
    await leaves();
    await chat.tell({ chat: third, migrate_from_chat_id: supergroup.id });
    await say(third, "Two");
    expect(await conversations()).toEqual({ "Ada Lovelace": [String(third.id), 4] });
    expect(await aliases()).toEqual([old, old, old]);
  });

  it("is told again by Telegram when it could not be kept", async () => {
    await say(group, "Hello!");
    platform.faults = ({ operation }) =>
      operation === "TransactWriteItems" ? { kind: "connection_lost" } : undefined;
    const { result } = await withLog(leaves);
    expect(result.status).toBe(503);
    platform.faults = undefined;
    expect((await leaves()).status).toBe(200);
    await say(supergroup, "Still there?");
    expect(await conversations()).toEqual({ "Ada Lovelace": [moved, 4] });
  });

  it("does not hold up a reply when it cannot be noted", async () => {
    const row = keys.alias(chat.team.id, chat.channel_id, "chat", moved).sk;
    telegram.fake.refuse("sendRichMessage", migrated);
    platform.faults = ({ operation, input }) =>
      operation === "TransactWriteItems" && JSON.stringify(input).includes(row)
        ? { kind: "connection_lost" }
        : undefined;
    const { lines } = await withLog(() => say(group, "Hello!"));
    platform.faults = undefined;
    expect(lines.filter(({ event }) => event === "move_not_noted")).toHaveLength(1);
    expect(sentTo()).toEqual([supergroup.id]);
    expect(await chat.messages()).toMatchObject([{}, { delivery: { status: "sent" } }]);
  });

  it("leaves nothing of its ids when the channel is deleted", async () => {
    await say(group, "Hello!");
    await leaves();
    expect(await aliases()).toHaveLength(2);
    const params = { id: chat.channel_id };
    await platform.call("deleteChannel", { as: chat.key, params });
    await platform.settle();
    expect(await aliases()).toEqual([]);
  });
});

describe("What a message costs", () => {
  const hook = async (message: Parameters<TelegramChat["tell"]>[0]) => {
    const { lines } = await withLog(() => chat.tell({ message_id: ++ids, text: "Hi", ...message }));
    await platform.settle();
    platform.advance(1);
    return costOf(lines);
  };
  const inPrivate = {};
  const inGroup = { chat: group };
  const inSupergroup = { chat: supergroup };

  it("is a read more for the first of a conversation in a group, and nothing for the next", async () => {
    const [first, next] = [await hook(inPrivate), await hook(inPrivate)];
    expect([first, next]).toEqual([
      { calls: 5, reads: 6, writes: 16 },
      { calls: 6, reads: 7, writes: 11 },
    ]);
    expect(await hook(inGroup)).toEqual({
      ...first,
      calls: first.calls + 1,
      reads: first.reads + 1,
    });
    expect(await hook(inGroup)).toEqual(next);
  });

  it("is two reads more in a chat that has moved", async () => {
    await hook(inGroup);
    const next = await hook(inGroup);
    await leaves();
    const more = { ...next, calls: next.calls + 2, reads: next.reads + 2 };
    expect([await hook(inSupergroup), await hook(inSupergroup)]).toEqual([more, more]);
  });
});
