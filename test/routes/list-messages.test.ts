import { describe, expect, it } from "@jest/globals";
import { type Id, newId } from "#shared/runtime/ids";
import { keys } from "#shared/table/keys";
import { allPages } from "#test/support/all-pages";
import { costOf, withLog } from "#test/support/log-lines";
import { aConversation } from "#test/support/make";
import { itRefuses } from "#test/support/refusals";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat } from "#test/support/web-chat";

const platform = usePlatform();

type Query = Readonly<Record<string, string | number>>;

const at = () => new Date(platform.clock()).toISOString();
const contents = (rows: readonly { content: string }[]) => rows.map(({ content }) => content);

/**
 * A conversation of so many messages of its user, a second apart, each answered at once with the same words;
 * `said` are all of them in order, `times` those of the user's.
 */
async function aConversationOf(count: number) {
  const chat = await openWebChat(platform);
  let id: Id<"conv"> = "conv_";
  const times: string[] = [];
  const said: string[] = [];
  for (let index = 1; index <= count; index++) {
    platform.advance(1_000);
    times.push(at());
    said.push(`Message ${index}`, `Message ${index}`);
    id = await chat.talk(`Message ${index}`);
  }
  const request = (query: Query = {}) => ({ as: chat.key, params: { id }, query });
  const list = (query: Query = {}) => platform.call("listMessages", request(query));
  const all = (query: Query) => allPages(platform, "listMessages", request(query));
  return { ...chat, id, times, said, list, all };
}

/** Makes a conversation as long as that, with the rows of the last so many messages. */
async function lengthen(team_id: Id<"team">, id: Id<"conv">, length: number, rows: number) {
  const [last, key] = [keys.message(team_id, id, 1), keys.conversation(team_id, id)];
  const message = await platform.table.get(last);
  await platform.table.update(key, {
    set: { message_count: length, user_count: length, assistant_count: 0 },
  });
  for (let number = length - rows + 1; number <= length; number += 50) {
    const numbers = Array.from(
      { length: Math.min(50, length - number + 1) },
      (_, at) => number + at,
    );
    await platform.table.transact(
      Object.fromEntries(
        numbers.map((n) => [
          `message_${n}`,
          {
            put: {
              ...message,
              ...keys.message(team_id, id, n),
              number: n,
              id: newId("msg", platform.clock()),
              content: `Message ${n}`,
            },
          },
        ]),
      ),
    );
  }
}

describe("GET /v1/conversations/{id}/messages", () => {
  itRefuses("listMessages", platform, async (as) => ({
    as,
    params: { id: await aConversation(platform, as) },
  }));

  it("lists the oldest first, replies after their messages, as sending them showed them", async () => {
    const { say, key } = await openWebChat(platform);
    const { body: sent } = await say("Hello!", { wait: 25 });
    const { status, body } = await platform.call("listMessages", {
      as: key,
      params: { id: sent.data.message.conversation_id },
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      data: [sent.data.message, sent.data.reply],
      meta: { page: 1, per_page: 20, total: 2, total_is_exact: true, next_cursor: null },
    });
  });

  it("turns the list round with order=desc", async () => {
    const { said, list } = await aConversationOf(3);
    expect(contents((await list({ order: "asc" })).body.data)).toEqual(said);
    const { body } = await list({ order: "desc" });
    expect(contents(body.data)).toEqual(said.toReversed());
    expect(body.data[0].role).toBe("assistant");
  });

  it.each(["asc", "desc"])(
    "pages by number and by cursor in order %s, each row once",
    async (order) => {
      const { said, list, all } = await aConversationOf(5);
      const ordered = order === "asc" ? said : said.toReversed();
      const rows = await all({ order, per_page: 3 });
      expect(contents(rows)).toEqual(ordered);
      expect(new Set(rows.map(({ id }) => id)).size).toBe(10);
      const pages = await Promise.all(
        [1, 2, 3, 4, 5].map((page) => list({ order, page, per_page: 3 })),
      );
      expect(pages.flatMap(({ body }) => contents(body.data))).toEqual(ordered);
      expect(pages.map(({ body }) => body.meta.total)).toEqual([10, 10, 10, 10, 10]);
      expect(pages.map(({ body }) => body.meta.next_cursor !== null)).toEqual([
        true,
        true,
        true,
        false,
        false,
      ]);
    },
  );

  it("shows new messages behind a cursor in order asc, and none of them in order desc", async () => {
    const chat = await aConversationOf(3);
    const request = { as: chat.key, params: { id: chat.id } };
    const during = async (order: string) =>
      contents(
        await allPages(
          platform,
          "listMessages",
          { ...request, query: { order, per_page: 4 } },
          async (page) => {
            if (page === 1) await chat.talk(`During ${order}`);
          },
        ),
      );
    expect(await during("asc")).toEqual([...chat.said, "During asc", "During asc"]);
    const newest = ["During asc", "During asc", ...chat.said.toReversed()];
    expect(await during("desc")).toEqual(newest);
  });

  it.each(["asc", "desc"])("filters by role in order %s, with an exact total", async (order) => {
    const { times, list, all } = await aConversationOf(7);
    for (const role of ["user", "assistant"]) {
      const rows = await all({ role, order, per_page: 3 });
      const wanted = times.map((_, index) => `Message ${index + 1}`);
      expect(contents(rows)).toEqual(order === "asc" ? wanted : wanted.toReversed());
      expect(rows.every((message) => message.role === role)).toBe(true);
      const third = await list({ role, order, page: 3, per_page: 3 });
      expect(contents(third.body.data)).toEqual(contents(rows).slice(6));
      expect(third.body.meta).toMatchObject({ total: 7, total_is_exact: true, next_cursor: null });
    }
    const system = await list({ role: "system", order });
    expect(system.body).toMatchObject({ data: [], meta: { total: 0, next_cursor: null } });
  });

  it("takes created_after as inclusive and created_before as exclusive, and counts what fits", async () => {
    const { times, list } = await aConversationOf(4);
    const [first = "", second = "", third = "", fourth = ""] = times;
    const cases: [Query, number[]][] = [
      [{ created_after: second }, [2, 3, 4]],
      [{ created_before: second }, [1]],
      [{ created_after: second, created_before: fourth }, [2, 3]],
      [{ created_after: first, created_before: fourth }, [1, 2, 3]],
      [{ created_after: third.replace(".000Z", "Z") }, [3, 4]],
      [{ created_after: third.replace(".000Z", ".001Z") }, [4]],
      [{ created_after: third, created_before: third }, []],
      [{ created_after: fourth, created_before: first }, []],
      [{ created_after: "2999-01-01T00:00:00Z" }, []],
      [{ created_before: "1999-01-01T00:00:00Z" }, []],
    ];
    for (const [query, numbers] of cases) {
      const wanted = numbers.flatMap((number) => [`Message ${number}`, `Message ${number}`]);
      for (const order of ["asc", "desc"]) {
        const { status, body } = await list({ ...query, order });
        const ordered = order === "asc" ? wanted : wanted.toReversed();
        expect([query, status, contents(body.data)]).toEqual([query, 200, ordered]);
        expect(body.meta).toMatchObject({ total: wanted.length, total_is_exact: true });
      }
      for (const role of ["user", "assistant"]) {
        const { body } = await list({ ...query, role });
        expect(contents(body.data)).toEqual(numbers.map((number) => `Message ${number}`));
        expect(body.meta).toMatchObject({ total: numbers.length, total_is_exact: true });
      }
    }
  });

  it("pages within a range of time and a role by cursor, each row once", async () => {
    const { times, all } = await aConversationOf(6);
    const query = { created_after: times[1] ?? "", created_before: times[5] ?? "", role: "user" };
    const wanted = [2, 3, 4, 5].map((number) => `Message ${number}`);
    expect(contents(await all({ ...query, per_page: 3 }))).toEqual(wanted);
    expect(contents(await all({ ...query, per_page: 3, order: "desc" }))).toEqual(
      wanted.toReversed(),
    );
  });

  it("reaches any page of a long conversation by number", async () => {
    const { team, id, list } = await aConversationOf(1);
    await lengthen(team.id, id, 10_050, 100);
    const { status, body } = await list({ page: 101, per_page: 100 });
    expect([status, body.meta.total]).toEqual([200, 10_050]);
    expect(contents(body.data)).toEqual(
      Array.from({ length: 50 }, (_, index) => `Message ${10_001 + index}`),
    );
    const last = await list({ page: 1, per_page: 2, order: "desc" });
    expect(contents(last.body.data)).toEqual(["Message 10050", "Message 10049"]);
    const beyond = await list({ page: 1_000_000, per_page: 100 });
    expect(beyond.body).toMatchObject({ data: [], meta: { total: 10_050, next_cursor: null } });
  });

  it("reads for a page of one role the same at any length of the conversation", async () => {
    const chat = await aConversationOf(1);
    const costs = [];
    for (const length of [100, 300]) {
      await lengthen(chat.team.id, chat.id, length, length);
      const { result, lines } = await withLog(() => chat.list({ role: "user", per_page: 20 }));
      expect(result.body.meta).toMatchObject({ total: length, total_is_exact: true });
      costs.push(costOf(lines));
    }
    expect(costs[1]).toEqual(costs[0]);
  });

  it("refuses pages of a role beyond 10,000 rows and says how to reach them", async () => {
    const { list } = await aConversationOf(1);
    expect((await list({ role: "user", page: 100, per_page: 100 })).status).toBe(200);
    const { status, body } = await list({ role: "user", page: 101, per_page: 100 });
    expect(status).toBe(422);
    expect(body.error.details).toEqual([
      { path: "query.page", message: "Use cursor for rows beyond 10,000." },
    ]);
  });

  it("goes on with the cursor where a role is rarer than one request looks", async () => {
    const { team, id, list } = await aConversationOf(1);
    await lengthen(team.id, id, 10_050, 10_050);
    const rare = keys.message(team.id, id, 10_040);
    await platform.table.update(rare, { set: { role: "assistant", content: "At last" } });
    await platform.table.update(keys.conversation(team.id, id), {
      set: { user_count: 10_049, assistant_count: 1 },
    });
    const { body } = await list({ role: "assistant" });
    expect(body.data).toEqual([]);
    expect(body.meta).toMatchObject({ total: 1, total_is_exact: true });
    const rest = await list({ role: "assistant", cursor: body.meta.next_cursor });
    expect(contents(rest.body.data)).toEqual(["At last"]);
    expect(rest.body.meta.next_cursor).toBeNull();
    const inTime = await list({ role: "user", created_after: "2026-01-01T00:00:00Z" });
    expect(inTime.body.meta.total_is_exact).toBe(false);
  });

  it.each([
    ["role", "bot", 'Must be "user" or "assistant" or "system".'],
    ["order", "newest", 'Must be "asc" or "desc".'],
    ["created_after", "now", "Must be a time in UTC such as 2026-01-02T03:04:05Z."],
    ["created_before", "2026-02-30T00:00:00Z", "Is no time of the calendar."],
    ["page", 0, "Must be a whole number from 1."],
    ["per_page", 101, "Must be a whole number from 1 to 100."],
    ["after", "x", "There is no such parameter."],
  ])("refuses %s=%s", async (name, value, message) => {
    const { list } = await aConversationOf(1);
    const { status, body } = await list({ [name]: value });
    expect(status).toBe(422);
    expect(body.error.details).toEqual([{ path: `query.${name}`, message }]);
  });
});
