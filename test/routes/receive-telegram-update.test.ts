import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { useFakeBackend } from "#test/support/fake-backend";
import { type FakeTelegram, startFakeTelegram, telegramCall } from "#test/support/fake-telegram";
import { withPublicUrl } from "#test/support/platform-channel";
import { itRefuses } from "#test/support/refusals";
import { botToken, otherToken } from "#test/support/telegram-channel";
import { openTelegramChat, type TelegramChat } from "#test/support/telegram-chat";
import { usePlatform } from "#test/support/test-platform";
import {
  ada,
  bot,
  entity,
  forum,
  group,
  original,
  said,
  update,
} from "../fixtures/telegram/updates.ts";

const platform = usePlatform();
const backend = useFakeBackend();
let fake: FakeTelegram;
beforeAll(async () => {
  fake = await startFakeTelegram(botToken);
});
afterAll(async () => {
  expect(fake.mistakes).toEqual([]);
  await fake.close();
});

const open = (settings?: object) =>
  openTelegramChat(platform, fake, {
    bot: { ...(settings && { settings }) },
    backend_url: backend.url,
  });
const request = (number: number) =>
  JSON.parse(backend.requests.at(number)?.body ?? "{}") as {
    messages: { role: string; content: unknown }[];
    metadata: object;
  };
/** What was sent in this chat. */
const sentTo = (id: number) =>
  fake.sent.filter(({ params }) => params["chat_id"] === id).map(({ params }) => params);
const texts = (messages: readonly { role: string; content: unknown; delivery: unknown }[]) =>
  messages.map(({ role, content }) => [role, content]);

/** Somebody whom no other test knows, with a private chat. */
let people = 6_000_000;
const somebody = () => {
  const id = ++people;
  const from = { ...ada, id };
  return { from, chat: { id, type: "private", first_name: "Ada" } as const };
};

describe("A call of Telegram", () => {
  itRefuses("receiveTelegramUpdate", platform, async () => {
    const chat = await open();
    return chat.request(update({ ...somebody(), text: "Hello!" }));
  });

  it("is answered with 200 and nothing, whatever it holds", async () => {
    const chat = await open();
    for (const body of [
      "",
      "{",
      "[]",
      "null",
      '{"message":1}',
      '{"update_id":1,"edited_message":{}}',
    ]) {
      const valid = chat.request({});
      const answer = await platform.call("receiveTelegramUpdate", {
        ...valid,
        rawBody: Buffer.from(body),
      });
      expect([body, answer.status, answer.text]).toEqual([body, 200, ""]);
    }
    expect(await chat.conversations()).toEqual([]);
  });

  it("is answered with 404 where a channel is not of Telegram", async () => {
    const chat = await open();
    const { headers, rawBody } = chat.request({});
    const params = { channel_id: "ch_01jd7zq3c8e9v5r2k4m6n8p0ab" };
    const answer = await platform.call("receiveTelegramUpdate", { params, headers, rawBody });
    expect(answer.status).toBe(404);
  });
});

describe("A message in a private chat", () => {
  it("is answered there, once, however often it comes", async () => {
    const chat = await open();
    const who = somebody();
    expect((await chat.tell({ ...who, text: "Hello!" })).status).toBe(200);
    await platform.settle();
    for (let times = 0; times < 3; times++) await chat.tell({ ...who, text: "Hello!" });
    await platform.settle();
    expect(sentTo(who.from.id)).toEqual([
      {
        chat_id: who.from.id,
        rich_message: { markdown: "Hello!" },
        reply_parameters: { message_id: 789, allow_sending_without_reply: true },
      },
    ]);
    expect(await chat.messages()).toMatchObject([
      {
        role: "user",
        content: "Hello!",
        user: { id: String(who.from.id), name: "Ada Lovelace", username: "ada" },
        metadata: {},
      },
      { role: "assistant", content: "Hello!", delivery: { status: "sent", error: null } },
    ]);
    expect(await chat.conversations()).toMatchObject([
      { platform: "telegram", chat_id: String(who.from.id), thread_id: null, message_count: 2 },
    ]);
  });

  it("is another one when the channel has gone over to another bot, which counts for itself", async () => {
    const chat = await open();
    const who = somebody();
    await chat.tell({ ...who, text: "Hello!" });
    await platform.settle();
    const other = fake.addBot(otherToken);
    const patched = await withPublicUrl(() =>
      platform.call("updateChannel", {
        as: chat.key,
        params: { id: chat.channel_id },
        body: { credentials: { bot_token: otherToken } },
      }),
    );
    expect(patched.status).toBe(200);
    const { headers, body: rawBody } = telegramCall(
      update({ ...who, text: "Hello again!" }),
      String(other["secret_token"]),
    );
    const params = { channel_id: chat.channel_id };
    const told = await platform.call("receiveTelegramUpdate", { params, headers, rawBody });
    expect(told.status).toBe(200);
    await platform.settle();
    expect(texts(await chat.messages())).toEqual([
      ["user", "Hello!"],
      ["assistant", "Hello!"],
      ["user", "Hello again!"],
      ["assistant", "Hello again!"],
    ]);
  });

  it("reaches the backend with where it comes from", async () => {
    const chat = await open();
    const who = somebody();
    await chat.tell({ ...who, text: "Hello!", message_id: 42 });
    await platform.settle();
    expect(request(-1)).toMatchObject({
      user: {
        id: String(who.from.id),
        platform: "telegram",
        name: "Ada Lovelace",
        username: "ada",
      },
      metadata: {
        channel: "telegram",
        channel_id: chat.channel_id,
        chat_id: String(who.from.id),
        message_id: "42",
        thread_id: null,
      },
    });
    expect(Object.keys(request(-1).metadata)).toHaveLength(5);
  });

  it("shows the backend what it quotes, in words where that was not said before", async () => {
    const chat = await open();
    const who = somebody();
    const quoted = original({ text: "Which one?\nThis?", chat: who.chat });
    await chat.tell({ ...who, text: "The second", reply_to_message: quoted });
    await platform.settle();
    expect(request(-1)).toMatchObject({
      messages: [{ role: "user", content: "> Which one?\n> This?\n\nThe second" }],
      metadata: { reply_to: { message_id: "700", from_bot: true, text: "Which one?\nThis?" } },
    });
    const [question] = await chat.messages();
    expect(question).toMatchObject({
      content: "The second",
      metadata: { reply_to: { message_id: "700" } },
    });
    const answered = { ...quoted, message_id: 1_000 + fake.sent.length };
    await chat.tell({ ...who, message_id: 790, text: "And this?", reply_to_message: answered });
    await platform.settle();
    expect(request(-1).messages.at(-1)).toEqual({ role: "user", content: "And this?" });
  });

  it("with a file tells of it in words when it is kept, and waits for the worker to fetch it", async () => {
    const chat = await open();
    await chat.tell({ ...somebody(), ...said.document, caption: "Read this" });
    expect(await chat.messages()).toMatchObject([
      {
        content: [
          { type: "text", text: "Read this" },
          { type: "text", text: "[file] report.pdf" },
        ],
      },
    ]);
    await platform.settle();
  });

  it("of a kind without words is kept and not answered", async () => {
    const chat = await open();
    const who = somebody();
    await chat.tell({ ...who, story: { id: 1, chat: who.chat } });
    await platform.settle();
    expect(texts(await chat.messages())).toEqual([["user", "[story]"]]);
    expect(sentTo(who.from.id)).toEqual([]);
  });

  it("is cut where it is longer than a message may be", async () => {
    const chat = await open();
    await chat.tell({ ...somebody(), text: "ä\n".repeat(20_000) });
    const [message] = await chat.messages();
    expect(Buffer.byteLength(message.content)).toBeGreaterThan(20_000);
    expect(Buffer.byteLength(message.content)).toBeLessThanOrEqual(32 * 1_024);
  });

  it("with topics is a conversation for each, and is answered in it", async () => {
    const chat = await open();
    const who = somebody();
    const topic = (message_thread_id: number, message_id: number) =>
      chat.tell({
        ...who,
        message_id,
        message_thread_id,
        is_topic_message: true,
        text: `In ${message_thread_id}`,
      });
    await topic(7, 1);
    await topic(8, 2);
    await platform.settle();
    expect(await chat.conversations()).toHaveLength(2);
    expect(
      sentTo(who.from.id).map(({ message_thread_id, rich_message }) => [
        message_thread_id,
        rich_message,
      ]),
    ).toEqual(
      expect.arrayContaining([
        [7, { markdown: "In 7" }],
        [8, { markdown: "In 8" }],
      ]),
    );
    expect(backend.requests.map((_, at) => request(at).metadata)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ thread_id: "7" }),
        expect.objectContaining({ thread_id: "8" }),
      ]),
    );
  });
});

describe("A message in a group", () => {
  let groups = 0;
  const newGroup = () => ({ ...group, id: group.id - ++groups });
  const mention = {
    text: "@OurBot help",
    entities: [entity("@OurBot help", "@OurBot", { type: "mention" })],
  };

  it.each([
    ["mention", "mentions the bot", mention, true],
    [
      "mention",
      "replies to it",
      { text: "Yes", reply_to_message: original({ text: "No?" }) },
      true,
    ],
    ["mention", "is for others", { text: "Hi all" }, false],
    ["always", "is for others", { text: "Hi all" }, true],
    ["never", "mentions the bot", mention, false],
  ] as const)(
    "with `%s` that %s is kept, and answered: %#",
    async (groups, _, message, isAnswered) => {
      const chat = await open({ should_respond: { groups } });
      const inGroup = newGroup();
      await chat.tell({ chat: inGroup, ...message });
      await platform.settle();
      expect(await chat.messages()).toHaveLength(isAnswered ? 2 : 1);
      expect(sentTo(inGroup.id)).toHaveLength(isAnswered ? 1 : 0);
    },
  );

  it("belongs to what its user says there, whatever the topic, which the answer goes to", async () => {
    const chat = await open({ should_respond: { groups: "always" } });
    const inForum = { ...forum, id: forum.id - ++groups };
    const say = (id: number, message_id: number, message_thread_id: number) =>
      chat.tell({
        chat: inForum,
        from: { ...ada, id },
        message_id,
        message_thread_id,
        is_topic_message: true,
        text: `${message_id}`,
      });
    await say(1, 1, 70);
    await platform.settle();
    await say(1, 2, 80);
    await platform.settle();
    await say(2, 3, 70);
    await platform.settle();
    expect(await chat.conversations()).toHaveLength(2);
    expect(sentTo(inForum.id).map(({ message_thread_id }) => message_thread_id)).toEqual([
      70, 80, 70,
    ]);
  });
});

describe("An album", () => {
  const photos = (
    chat: TelegramChat,
    messages: readonly Parameters<TelegramChat["tell"]>[0][],
    common: Parameters<TelegramChat["tell"]>[0],
  ) =>
    messages.reduce<Promise<unknown>>(async (before, message, at) => {
      await before;
      const { caption: _, ...photo } = said.photo;
      await chat.tell({
        ...common,
        message_id: 100 + at,
        media_group_id: "album",
        ...photo,
        ...message,
      });
    }, Promise.resolve());

  it("is one turn, and its answer quotes the last of it", async () => {
    const chat = await open();
    const who = somebody();
    await photos(chat, [{ caption: "Three cats" }, {}, {}], who);
    await platform.settle();
    expect(backend.requests).toHaveLength(0);
    platform.advance(2_000);
    await platform.settle();
    expect(backend.requests).toHaveLength(1);
    expect(request(0).messages).toHaveLength(3);
    expect(sentTo(who.from.id)).toMatchObject([{ reply_parameters: { message_id: 102 } }]);
    expect(texts(await chat.messages()).map(([role]) => role)).toEqual([
      "user",
      "user",
      "user",
      "assistant",
    ]);
  });

  it("in a group is one turn too, though only one of it mentions the bot", async () => {
    const chat = await open();
    const inGroup = { ...group, id: group.id - 5_000 };
    const caption = "@OurBot which?";
    const caption_entities = [entity(caption, "@OurBot", { type: "mention" })];
    await photos(chat, [{ caption, caption_entities }, {}], { chat: inGroup });
    platform.advance(2_000);
    await platform.settle();
    expect(request(0).messages).toHaveLength(2);
    expect(sentTo(inGroup.id)).toHaveLength(1);
  });
});

describe("What is of the bot itself", () => {
  it("is dropped", async () => {
    const chat = await open();
    await chat.tell({ ...somebody(), from: bot, text: "Hello!" });
    expect(await chat.conversations()).toEqual([]);
  });
});
