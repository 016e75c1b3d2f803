import { describe, expect, it } from "@jest/globals";
import { allPages } from "#test/support/all-pages";
import { answers, held, useFakeBackend } from "#test/support/fake-backend";
import { aBot } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();
const backend = useFakeBackend();

type Query = Readonly<Record<string, string | number>>;

const minute = 60_000;
const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);
const list = ({ key, bot_id }: WebChat, query: Query = {}) =>
  platform.call("listConversations", { as: key, params: { bot_id }, query });
const all = ({ key, bot_id }: WebChat, query: Query) =>
  allPages(platform, "listConversations", { as: key, params: { bot_id }, query });

/** A bot with channels whose users write a minute apart, by turns; `ids` are in list order. */
async function aBotWithConversations(channels: number, count: number) {
  const first = await openWebChat(platform);
  const chats = [first];
  while (chats.length < channels) {
    chats.push(await openWebChat(platform, { team: first.team, bot_id: first.bot_id }));
  }
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    platform.advance(minute);
    ids.unshift(await chats[index % channels]!.talk("Hello!", { user: `user-${index}` }));
  }
  return { ...first, chats, ids };
}

describe("GET /v1/bots/{bot_id}/conversations", () => {
  itRefuses("listConversations", platform, async (as) => ({
    as,
    params: { bot_id: await aBot(platform, as) },
  }));

  it("lists nothing for a bot without channels and for one without conversations", async () => {
    const { key } = await platform.team();
    const bot_id = await aBot(platform, key);
    const empty = {
      data: [],
      meta: { page: 1, per_page: 20, total: 0, total_is_exact: true, next_cursor: null },
    };
    const request = { as: key, params: { bot_id } };
    expect((await platform.call("listConversations", request)).body).toEqual(empty);
    expect((await list(await openWebChat(platform))).body).toEqual(empty);
  });

  it("shows each conversation as reading it does", async () => {
    const chat = await aBotWithConversations(2, 4);
    const { body } = await list(chat);
    for (const row of body.data) {
      const one = await platform.call("getConversation", { as: chat.key, params: { id: row.id } });
      expect(row).toEqual(one.body.data);
    }
    expect(body.data).toHaveLength(4);
  });

  it("puts the conversation first whose user wrote last, whatever the channel", async () => {
    const chat = await aBotWithConversations(3, 7);
    expect(idsOf((await list(chat)).body.data)).toEqual(chat.ids);
    platform.advance(minute);
    const oldest = await chat.chats[0]!.talk("Back again", { user: "user-0" });
    const moved = [oldest, ...chat.ids.filter((id) => id !== oldest)];
    expect(oldest).toBe(chat.ids.at(-1));
    expect(idsOf((await list(chat)).body.data)).toEqual(moved);
  });

  it("does not move a conversation for a reply", async () => {
    const chat = await openWebChat(platform, { backend_url: backend.url });
    const late = held(answers.echo());
    backend.answer(late.answer, answers.echo());
    const first = (await chat.say("Hello!", { user: "ada" })).body.data.message.conversation_id;
    await backend.received(1);
    platform.advance(1_000);
    const { body: sent } = await chat.say("Hello!", { user: "bob", wait: 25 });
    const second = sent.data.message.conversation_id;
    platform.advance(1_000);
    late.release();
    await platform.settle();
    const { body } = await list(chat);
    expect(idsOf(body.data)).toEqual([second, first]);
    expect(body.data[1].last_message_at > body.data[0].last_message_at).toBe(true);
  });

  it("shows each row once over pages of 3, by number and by cursor, over three channels", async () => {
    const chat = await aBotWithConversations(3, 11);
    expect(idsOf(await all(chat, { per_page: 3 }))).toEqual(chat.ids);
    const pages = await Promise.all(
      [1, 2, 3, 4, 5].map((page) => list(chat, { page, per_page: 3 })),
    );
    expect(pages.flatMap(({ body }) => idsOf(body.data))).toEqual(chat.ids);
    expect(pages.map(({ body }) => body.meta.total)).toEqual([11, 11, 11, 11, 11]);
    expect(pages[3]?.body.meta.next_cursor).toBeNull();
    expect(pages[4]?.body).toMatchObject({ data: [], meta: { page: 5, next_cursor: null } });
  });

  it("shows each row once when all were active in the same millisecond", async () => {
    const chat = await openWebChat(platform, { bot: { status: "paused" } });
    const other = await openWebChat(platform, { team: chat.team, bot_id: chat.bot_id });
    const ids = new Set<string>();
    for (let index = 0; index < 14; index++) {
      const { body } = await [chat, other][index % 2]!.say("Hello!", { user: `user-${index}` });
      ids.add(body.data.message.conversation_id);
    }
    const rows = idsOf(await all(chat, { per_page: 3 }));
    expect(rows).toHaveLength(14);
    expect(new Set(rows)).toEqual(ids);
  });

  it("goes on behind a cursor while conversations begin, become active and are deleted", async () => {
    const chat = await aBotWithConversations(2, 9);
    const [, , , , fifth, , , , ninth] = chat.ids;
    const rows = await allPages(
      platform,
      "listConversations",
      { as: chat.key, params: { bot_id: chat.bot_id }, query: { per_page: 3 } },
      async (page) => {
        platform.advance(minute);
        await chat.talk("Just begun", { user: `new-${page}` });
        // Shown already: it moves to the front and is not shown again.
        await chat.chats[0]!.talk("Shown before", { user: "user-8" });
        if (page > 1) return;
        // Still to come: it moves to the front, ahead of the cursor.
        await chat.chats[0]!.talk("Not shown yet", { user: "user-0" });
        await platform.call("deleteConversation", { as: chat.key, params: { id: fifth ?? "" } });
      },
    );
    expect(idsOf(rows)).toEqual(chat.ids.filter((id) => id !== fifth && id !== ninth));
    expect(idsOf((await list(chat)).body.data)).toContain(ninth);
  });

  it("counts exactly by bot, channel and platform while conversations begin and are deleted at once", async () => {
    const chat = await openWebChat(platform);
    const other = await openWebChat(platform, { team: chat.team, bot_id: chat.bot_id });
    const begin = (where: WebChat, from: number, count: number) =>
      Promise.all(
        Array.from({ length: count }, async (_, index) => {
          const { body } = await where.say("Hello!", { user: `user-${from + index}` });
          return String(body.data.message.conversation_id);
        }),
      );
    const ids = await begin(chat, 0, 20);
    await begin(other, 100, 5);
    await Promise.all([
      begin(chat, 20, 10),
      ...ids
        .slice(0, 8)
        .map((id) => platform.call("deleteConversation", { as: chat.key, params: { id } })),
    ]);
    await platform.settle();
    const queries: Query[] = [
      {},
      { channel_id: chat.channel_id },
      { channel_id: other.channel_id },
      { platform: "web" },
    ];
    const totals = await Promise.all(
      queries.map((query) => list(chat, { ...query, per_page: 100 })),
    );
    expect(totals.map(({ body }) => body.meta.total)).toEqual([27, 22, 5, 27]);
    expect(totals.map(({ body }) => body.data.length)).toEqual([27, 22, 5, 27]);
    expect(totals.every(({ body }) => body.meta.total_is_exact)).toBe(true);
  });

  it("refuses rows beyond 10,000 by page and says how to reach them", async () => {
    const chat = await openWebChat(platform);
    expect((await list(chat, { page: 100, per_page: 100 })).status).toBe(200);
    const { status, body } = await list(chat, { page: 101, per_page: 100 });
    expect(status).toBe(422);
    expect(body.error.details).toEqual([
      { path: "query.page", message: "Use cursor for rows beyond 10,000." },
    ]);
  });
});
