import { beforeAll, describe, expect, it } from "@jest/globals";
import { itRefuses } from "#test/support/refusals";
import { type TestTeam, usePlatform } from "#test/support/test-platform";

const platform = usePlatform();

const create = async ({ key }: TestTeam, name: string, more: object = {}): Promise<string> => {
  platform.advance(1);
  const { body } = await platform.call("createBot", { as: key, body: { name, ...more } });
  return body.data.id;
};

/** A team with so many bots, `Bot 1` the oldest. */
async function teamWith(count: number) {
  const team = await platform.team();
  const ids: string[] = [];
  for (let number = 1; number <= count; number++) ids.push(await create(team, `Bot ${number}`));
  return { team, newestFirst: ids.toReversed() };
}

const list = ({ key }: TestTeam, query: Record<string, string | number> | string = {}) =>
  platform.call("listBots", { as: key, query });

const idsOf = ({ body }: { body: { data: { id: string }[] } }) => body.data.map(({ id }) => id);
const namesOf = ({ body }: { body: { data: { name: string }[] } }) =>
  body.data.map(({ name }) => name);

describe("GET /v1/bots", () => {
  itRefuses("listBots", platform, async (as) => ({ as }));

  it("is empty for a new team", async () => {
    const { status, body } = await list(await platform.team());
    expect(status).toBe(200);
    expect(body).toEqual({
      data: [],
      meta: { page: 1, per_page: 20, total: 0, total_is_exact: true, next_cursor: null },
    });
  });

  it("shows the team's bots whole, newest first, and nobody else's", async () => {
    const { team, newestFirst } = await teamWith(3);
    await teamWith(1);
    const answer = await list(team);
    expect(idsOf(answer)).toEqual(newestFirst);
    const { body } = await platform.call("getBot", {
      as: team.key,
      params: { id: newestFirst[0]! },
    });
    expect(answer.body.data[0]).toEqual(body.data);
  });

  it("keeps its order when an old bot is changed", async () => {
    const { team, newestFirst } = await teamWith(3);
    const params = { id: newestFirst[2]! };
    platform.advance(1_000);
    await platform.call("updateBot", { as: team.key, params, body: { name: "Changed" } });
    expect(idsOf(await list(team))).toEqual(newestFirst);
  });

  it("leaves out bots that were deleted", async () => {
    const { team, newestFirst } = await teamWith(2);
    await platform.call("deleteBot", { as: team.key, params: { id: newestFirst[0]! } });
    const answer = await list(team);
    expect(idsOf(answer)).toEqual([newestFirst[1]]);
    expect(answer.body.meta.total).toBe(1);
  });

  describe("filters", () => {
    let team: TestTeam;
    beforeAll(async () => {
      team = await platform.team();
      await create(team, "Sales");
      await create(team, "sales éclair", { status: "paused" });
      await create(team, "100 % Support");
    });

    it.each([
      ["a status", { status: "paused" }, ["sales éclair"]],
      ["a part of the name", { name: "Supp" }, ["100 % Support"]],
      ["a part in another case", { name: "SALES" }, ["sales éclair", "Sales"]],
      ["letters with accents in another case", { name: "ÉCLAIR" }, ["sales éclair"]],
      ["signs that other searches give a meaning", { name: "%" }, ["100 % Support"]],
      ["both", { name: "sales", status: "active" }, ["Sales"]],
      ["what nothing has", { name: "marketing" }, []],
      ["an empty part", { name: "" }, ["100 % Support", "sales éclair", "Sales"]],
    ])("filters by %s", async (_, query, names) => {
      const answer = await list(team, query);
      expect(namesOf(answer)).toEqual(names);
      expect(answer.body.meta.total).toBe(names.length);
    });

    it.each([
      ["status=off", "query.status", 'Must be "active" or "paused".'],
      ["status=", "query.status", 'Must be "active" or "paused".'],
      ["status=ACTIVE", "query.status", 'Must be "active" or "paused".'],
      ["staus=active", "query.staus", "There is no such parameter."],
      ["toString=1", "query.toString", "There is no such parameter."],
      ["__proto__=1", "query.__proto__", "There is no such parameter."],
      ["name=a&name=b", "query.name", "Is given twice. Give it once."],
    ])("refuses %s and points at it", async (query, path, message) => {
      const { status, body } = await list(team, query);
      expect({ status, body }).toBeRefused(422, "validation_error");
      expect(body.error.details).toEqual([{ path, message }]);
    });
  });

  describe("pages", () => {
    let team: TestTeam;
    let newestFirst: string[];
    beforeAll(async () => {
      ({ team, newestFirst } = await teamWith(25));
    });

    it("shows 20 when nothing is said", async () => {
      const answer = await list(team);
      expect(idsOf(answer)).toEqual(newestFirst.slice(0, 20));
      expect(answer.body.meta).toMatchObject({ page: 1, per_page: 20, total: 25 });
      expect(answer.body.meta.next_cursor).toEqual(expect.any(String));
    });

    it("numbers its pages from 1, and says at the last one that it is the end", async () => {
      const answers = [];
      for (const page of [1, 2, 3]) answers.push(await list(team, { page, per_page: 10 }));
      expect(answers.flatMap(idsOf)).toEqual(newestFirst);
      expect(answers.map(({ body }) => body.meta.next_cursor === null)).toEqual([
        false,
        false,
        true,
      ]);
    });

    it("says at a page that is full and the last that it is the end", async () => {
      const { body } = await list(team, { page: 1, per_page: 25 });
      expect(body.meta.next_cursor).toBeNull();
      expect(body.data).toHaveLength(25);
    });

    it("is empty past the end, with the right total", async () => {
      const { status, body } = await list(team, { page: 4, per_page: 10 });
      expect(status).toBe(200);
      expect(body).toEqual({
        data: [],
        meta: { page: 4, per_page: 10, total: 25, total_is_exact: true, next_cursor: null },
      });
    });

    it.each([1, 100])("takes per_page=%i", async (per_page) => {
      const { body } = await list(team, { per_page });
      expect(body.data).toHaveLength(Math.min(per_page, 25));
      expect(body.meta.per_page).toBe(per_page);
    });

    const perPage = "Must be a whole number from 1 to 100.";
    const pageNumber = "Must be a whole number from 1.";
    it.each([
      ["per_page=0", "query.per_page", perPage],
      ["per_page=101", "query.per_page", perPage],
      ["per_page=-1", "query.per_page", perPage],
      ["per_page=1.5", "query.per_page", perPage],
      ["per_page=ten", "query.per_page", perPage],
      ["per_page=1e1", "query.per_page", perPage],
      ["per_page=0x10", "query.per_page", perPage],
      ["per_page=", "query.per_page", perPage],
      ["per_page=%2010", "query.per_page", perPage],
      ["page=0", "query.page", pageNumber],
      ["page=-1", "query.page", pageNumber],
      ["page=1.5", "query.page", pageNumber],
      ["page=first", "query.page", pageNumber],
      ["page=", "query.page", pageNumber],
      ["page=NaN", "query.page", pageNumber],
      ["page=Infinity", "query.page", pageNumber],
    ])("refuses %s", async (query, path, message) => {
      const { status, body } = await list(team, query);
      expect({ status, body }).toBeRefused(422, "validation_error");
      expect(body.error.details).toEqual([{ path, message }]);
    });

    it("names every wrong parameter in one answer", async () => {
      const { body } = await list(team, "page=0&per_page=0&status=off&colour=red");
      const paths = body.error.details.map(({ path }: { path: string }) => path);
      expect(paths.toSorted()).toEqual([
        "query.colour",
        "query.page",
        "query.per_page",
        "query.status",
      ]);
      expect(body.error.message).toBe("The request has 4 problems.");
    });

    it("reaches the first 10,000 rows by page and points to the cursor beyond them", async () => {
      expect((await list(team, { page: 100, per_page: 100 })).status).toBe(200);
      expect((await list(team, { page: 10_000, per_page: 1 })).status).toBe(200);
      for (const query of [
        { page: 101, per_page: 100 },
        { page: 501, per_page: 20 },
        { page: 10_001, per_page: 1 },
        "page=99999999999999999999999",
      ]) {
        const { status, body } = await list(team, query);
        expect([status, body.error.details]).toEqual([
          422,
          [{ path: "query.page", message: "Use cursor for rows beyond 10,000." }],
        ]);
      }
    });
  });

  describe("the cursor", () => {
    it("leads through the whole list once", async () => {
      const { team, newestFirst } = await teamWith(7);
      const seen: string[] = [];
      let query: Record<string, string | number> = { per_page: 3 };
      for (let page = 0; page < 3; page++) {
        const answer = await list(team, query);
        seen.push(...idsOf(answer));
        expect(answer.body.meta.total).toBe(7);
        expect(answer.body.meta.page).toBe(page === 0 ? 1 : null);
        query = { per_page: 3, cursor: answer.body.meta.next_cursor ?? "" };
      }
      expect(seen).toEqual(newestFirst);
      expect(query["cursor"]).toBe("");
    });

    it("stays where it is while bots are made and deleted", async () => {
      const { team, newestFirst } = await teamWith(6);
      const first = await list(team, { per_page: 3 });
      const cursor: string = first.body.meta.next_cursor;
      await create(team, "Newcomer");
      await platform.call("deleteBot", { as: team.key, params: { id: newestFirst[2]! } });
      await platform.call("deleteBot", { as: team.key, params: { id: newestFirst[4]! } });
      expect(idsOf(await list(team, { per_page: 3, cursor }))).toEqual([
        newestFirst[3],
        newestFirst[5],
      ]);
    });

    it("goes with another per_page, and with its filters", async () => {
      const { team, newestFirst } = await teamWith(6);
      const first = await list(team, { per_page: 2, name: "bot", status: "active" });
      const cursor: string = first.body.meta.next_cursor;
      const rest = await list(team, { cursor, status: "active", name: "bot", per_page: 100 });
      expect(idsOf(rest)).toEqual(newestFirst.slice(2));
    });

    it("is refused with a 400 for another team, route or filter, and when it is none", async () => {
      const { team, newestFirst } = await teamWith(2);
      const other = await teamWith(2);
      const { body } = await list(team, { per_page: 1, status: "active" });
      const cursor: string = body.meta.next_cursor;
      const answers = [
        await list(other.team, { cursor, status: "active" }),
        await list(team, { cursor }),
        await list(team, { cursor, status: "paused" }),
        await list(team, { cursor, status: "active", name: "bot" }),
        await platform.call("listIntegrations", {
          as: team.key,
          params: { bot_id: newestFirst[0]! },
          query: { cursor, status: "active" },
        }),
        await list(team, { cursor: "" }),
        await list(team, { cursor: "nonsense" }),
        await list(team, { cursor: newestFirst[0]! }),
        await list(team, { cursor: Buffer.from("null").toString("base64url") }),
        await list(team, { cursor: Buffer.from('["",""]').toString("base64url") }),
        await list(team, { cursor: cursor.slice(0, -3), status: "active" }),
      ];
      for (const answer of answers) {
        expect(answer).toBeRefused(400, "bad_request");
        expect(answer.body.error.message).toMatch(/cursor.*next_cursor/);
      }
      expect((await list(team, { cursor, status: "active" })).status).toBe(200);
    });

    it("does not go together with a page", async () => {
      const { team } = await teamWith(2);
      const { body } = await list(team, { per_page: 1 });
      const answer = await list(team, { page: 2, cursor: body.meta.next_cursor });
      expect([answer.status, answer.body.error.details]).toEqual([
        422,
        [{ path: "query.cursor", message: "Give page or cursor, not both." }],
      ]);
    });
  });
});
