import { describe, expect, it } from "@jest/globals";
import { newId } from "#shared/runtime/ids";
import { keys, lists } from "#shared/table/keys";
import { allPages } from "#test/support/all-pages";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();

type Query = Readonly<Record<string, string | number>>;

const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);
const list = ({ key, bot_id }: WebChat, query: Query) =>
  platform.call("listConversations", { as: key, params: { bot_id }, query });
const at = () => new Date(platform.clock()).toISOString();

/** Three conversations over two channels, a second apart; the times in the order of the messages. */
async function threeConversations() {
  const chat = await openWebChat(platform);
  const other = await openWebChat(platform, { team: chat.team, bot_id: chat.bot_id });
  const times: string[] = [];
  const ids: string[] = [];
  for (const [where, user] of [
    [chat, "ada"],
    [other, "ada"],
    [chat, "bob"],
  ] as const) {
    platform.advance(1_000);
    times.push(at());
    ids.push(await where.talk("Hello!", { user }));
  }
  const [one = "", two = "", three = ""] = ids;
  return { chat, other, times, one, two, three };
}

describe("GET /v1/bots/{bot_id}/conversations, filtered", () => {
  it("takes active_after as inclusive and active_before as exclusive, and counts what fits", async () => {
    const { chat, times, one, two, three } = await threeConversations();
    const [first = "", second = "", third = ""] = times;
    const cases: [Query, string[]][] = [
      [{ active_after: second }, [three, two]],
      [{ active_before: second }, [one]],
      [{ active_after: second, active_before: third }, [two]],
      [{ active_after: first, active_before: third }, [two, one]],
      [{ active_after: third, active_before: third }, []],
      [{ active_after: third, active_before: first }, []],
      [{ active_after: "2999-01-01T00:00:00Z" }, []],
      [{ active_before: "1999-01-01T00:00:00.5Z" }, []],
      [{ active_after: second.replace(".000Z", "Z") }, [three, two]],
    ];
    for (const [query, ids] of cases) {
      const { status, body } = await list(chat, query);
      expect([query, status, idsOf(body.data)]).toEqual([query, 200, ids]);
      expect(body.meta).toMatchObject({ total: ids.length, total_is_exact: true });
    }
  });

  it("measures the activity by the user's last message", async () => {
    const { chat, one } = await threeConversations();
    platform.advance(1_000);
    const since = at();
    await chat.talk("Again", { user: "ada" });
    expect(idsOf((await list(chat, { active_after: since })).body.data)).toEqual([one]);
  });

  it("finds a user's conversations in all channels, in one, and in a time", async () => {
    const { chat, other, times, one, two } = await threeConversations();
    const [, second = ""] = times;
    const cases: [Query, string[]][] = [
      [{ user_id: "ada" }, [two, one]],
      [{ user_id: "ada", channel_id: other.channel_id }, [two]],
      [{ user_id: "ada", platform: "web", active_before: second }, [one]],
      [{ user_id: "ada", active_after: second }, [two]],
      [{ user_id: "Ada" }, []],
      [{ user_id: "nobody" }, []],
    ];
    for (const [query, ids] of cases) {
      const { body } = await list(chat, query);
      expect([query, idsOf(body.data)]).toEqual([query, ids]);
      expect(body.meta).toMatchObject({ total: ids.length, total_is_exact: true });
    }
  });

  it("pages through a user's conversations, each row once", async () => {
    const chat = await openWebChat(platform, { bot: { status: "paused" } });
    const ids: string[] = [];
    for (let index = 0; index < 8; index++) {
      platform.advance(1);
      const { body } = await chat.say("Hello!", { user: "ada", chat_id: `chat-${index}` });
      ids.unshift(body.data.message.conversation_id);
    }
    const query = { user_id: "ada", per_page: 3 };
    const request = { as: chat.key, params: { bot_id: chat.bot_id }, query };
    expect(idsOf(await allPages(platform, "listConversations", request))).toEqual(ids);
    expect(idsOf((await list(chat, { ...query, page: 3 })).body.data)).toEqual(ids.slice(6));
  });

  it("finds all of a user who has more conversations than one read holds", async () => {
    const chat = await openWebChat(platform, { bot: { status: "paused" } });
    await Promise.all(
      Array.from({ length: 130 }, (_, index) =>
        chat.say("Hello!", { user: "ada", chat_id: `chat-${index}` }),
      ),
    );
    const { body } = await list(chat, { user_id: "ada", page: 2, per_page: 100 });
    expect(body.data).toHaveLength(30);
    expect(body.meta).toMatchObject({ total: 130, total_is_exact: true });
  });

  it("finds users with any characters in their ids", async () => {
    const chat = await openWebChat(platform, { bot: { status: "paused" } });
    for (const user of ["a#b", "ü", "😀", "../x", "a\u0000b", "%2F", "x".repeat(128)]) {
      const { body } = await chat.say("Hello!", { user });
      const found = await list(chat, { user_id: user });
      expect(idsOf(found.body.data)).toEqual([body.data.message.conversation_id]);
    }
  });

  it("finds nothing in a channel of another bot, of another team or that never was", async () => {
    const { chat } = await threeConversations();
    const foreign = await threeConversations();
    const mine = await openWebChat(platform, { team: chat.team });
    await mine.talk("Hello!");
    for (const channel_id of [foreign.chat.channel_id, mine.channel_id, newId("ch")]) {
      const { status, body } = await list(chat, { channel_id });
      expect([status, body.data, body.meta.total]).toEqual([200, [], 0]);
      const ofUser = await list(chat, { channel_id, user_id: "ada" });
      expect([ofUser.body.data, ofUser.body.meta.total]).toEqual([[], 0]);
    }
  });

  it.each([
    ["channel_id", "ch_1", "Must be an id that begins with ch_."],
    ["platform", "fax", '"web"'],
    ["user_id", "", "Must be 1 to 256 characters long."],
    ["user_id", "x".repeat(257), "Must be 1 to 256 characters long."],
    ["active_after", "yesterday", "Must be a time in UTC such as 2026-01-02T03:04:05Z."],
    ["active_after", "2026-01-02", "Must be a time in UTC such as 2026-01-02T03:04:05Z."],
    ["active_before", "2026-01-02T03:04:05+01:00", "Must be a time in UTC"],
    ["active_before", "2026-13-01T00:00:00Z", "Is no time of the calendar."],
    ["active_before", "2026-02-30T00:00:00Z", "Is no time of the calendar."],
    ["active_before", "2026-01-01T24:00:00Z", "Is no time of the calendar."],
    ["status", "open", "There is no such parameter."],
  ])("refuses %s=%s", async (name, value, message) => {
    const { status, body } = await list(await openWebChat(platform), { [name]: value });
    expect(status).toBe(422);
    expect(body.error.details).toEqual([
      { path: `query.${name}`, message: expect.stringContaining(message) },
    ]);
  });

  it("stops counting by time at 10,000 rows and says so, while the cursor goes on to the last", async () => {
    const chat = await openWebChat(platform, { bot: { status: "paused" } });
    const { body } = await chat.say("Hello!");
    const key = keys.conversation(chat.team.id, body.data.message.conversation_id);
    const head = await platform.table.get(key);
    const list_pk = lists.conversations(chat.team.id, chat.channel_id);
    for (let batch = 0; batch < 101; batch++) {
      await platform.table.transact(
        Object.fromEntries(
          Array.from({ length: 100 }, () => {
            const other = newId("conv", platform.clock());
            const list_sk = `${at()}#${other}`;
            const otherKey = keys.conversation(chat.team.id, other);
            return [other, { putIfAbsent: { ...head, ...otherKey, id: other, list_pk, list_sk } }];
          }),
        ),
      );
    }
    const counted = await list(chat, { active_after: "2026-01-01T00:00:00Z", per_page: 100 });
    expect(counted.body.meta).toMatchObject({ total: 10_000, total_is_exact: false });
    const last = await list(chat, { page: 100, per_page: 100 });
    expect(last.body.data).toHaveLength(100);
    const rest = await allPages(platform, "listConversations", {
      as: chat.key,
      params: { bot_id: chat.bot_id },
      query: { per_page: 100, cursor: last.body.meta.next_cursor },
    });
    expect(rest).toHaveLength(101);
  });
});
