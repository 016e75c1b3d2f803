import { beforeAll, describe, expect, it } from "@jest/globals";
import { hashApiKey } from "#shared/auth/api-key";
import { encodeCursor } from "#shared/http/cursor";
import { type Json, resolve } from "#test/support/json-schema";
import { operationsOf, theDocument } from "#test/support/openapi-answer";
import { signCursor } from "#test/support/sign-cursor";
import { usePlatform } from "#test/support/test-platform";
import { openWebChat, type WebChat } from "#test/support/web-chat";

const platform = usePlatform();
let chat: WebChat;
let conversation: string;
beforeAll(async () => {
  chat = await openWebChat(platform);
  conversation = await chat.talk("One");
  await chat.talk("Two");
  await chat.talk("Three", { user: "bob" });
  for (const name of ["B", "C", "D"]) {
    platform.advance(1);
    await platform.call("createBot", { as: chat.key, body: { name } });
    await platform.call("createIntegration", {
      as: chat.key,
      params: { bot_id: chat.bot_id },
      body: { name, type: "echo" },
    });
    await openWebChat(platform, { team: chat.team, bot_id: chat.bot_id });
  }
});

type Query = Readonly<Record<string, string | number>>;

/** The path of a list: every operation that these tests have rows for. */
const paramsOf = (
  operationId: string,
  of: { readonly bot_id: string; readonly conversation: string } = {
    bot_id: chat.bot_id,
    conversation,
  },
): Readonly<Record<string, string>> => {
  if (operationId === "listBots") return {};
  return operationId === "listMessages" ? { id: of.conversation } : { bot_id: of.bot_id };
};
const list = (operationId: string, query: Query | string = {}) =>
  platform.call(operationId, { as: chat.key, params: paramsOf(operationId), query });

const operations = [
  "listBots",
  "listIntegrations",
  "listChannels",
  "listConversations",
  "listMessages",
];

const described = await theDocument();
/** Every list of the reference. */
const lists = operationsOf(described)
  .map((operation) => String(operation["operationId"]))
  .filter((operationId) => operationId.startsWith("list"));

interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly schema: Json & { readonly examples: readonly string[] };
}

/** What the reference says of a list, its filters without those of every list. */
function operationOf(operationId: string) {
  const operation = operationsOf(described).find((one) => one["operationId"] === operationId)!;
  return {
    description: String(operation["description"]),
    parameters: (operation["parameters"] as readonly Json[]).filter(
      (one): one is Json & Parameter => !("$ref" in one),
    ),
  };
}

/** A value that a filter takes. */
function exampleOf(schema: Json): string {
  if ("$ref" in schema) return exampleOf(resolve(described, String(schema["$ref"])));
  const { enum: values, examples, format, type } = schema;
  const [first] = (values ?? examples ?? []) as readonly string[];
  if (first !== undefined) return first;
  if (format === "date-time") return "2026-01-02T03:04:05Z";
  return type === "boolean" ? "true" : "bot_01jd7zq3c8e9v5r2k4m6n8p0ab";
}

const details = (answer: Awaited<ReturnType<typeof list>>) => {
  expect(answer).toBeRefused(422, "validation_error");
  return answer.body.error.details;
};

describe.each(operations)("%s", (operationId) => {
  it("shows 20 rows from the first page on when nothing is asked", async () => {
    const { body } = await list(operationId);
    expect(body.meta).toEqual({
      page: 1,
      per_page: 20,
      total: body.data.length,
      total_is_exact: true,
      next_cursor: null,
    });
    expect(body.data.length).toBeGreaterThan(1);
  });

  it.each([
    "0",
    "-1",
    "1.5",
    "1e2",
    "0x10",
    "",
    " 1",
    "one",
    "NaN",
    "Infinity",
    "null",
    "[1]",
    `1${"0".repeat(400)}`,
  ])("refuses page=%s", async (page) => {
    expect(details(await list(operationId, { page }))).toEqual([
      { path: "query.page", message: "Must be a whole number from 1." },
    ]);
  });

  it.each(["0", "101", "-5", "2.5", "", "all", "1e2", "99999999999999999999"])(
    "refuses per_page=%s",
    async (per_page) => {
      expect(details(await list(operationId, { per_page }))).toEqual([
        { path: "query.per_page", message: "Must be a whole number from 1 to 100." },
      ]);
    },
  );

  it("takes the smallest and the largest page", async () => {
    const one = await list(operationId, { per_page: 1 });
    const all = await list(operationId, { per_page: 100 });
    expect(one.body.data).toEqual(all.body.data.slice(0, 1));
    expect(one.body.meta).toMatchObject({ per_page: 1, total: all.body.data.length });
    expect(all.body.meta).toMatchObject({ per_page: 100, next_cursor: null });
  });

  it("is empty past its end, with the right total", async () => {
    const { body } = await list(operationId, { page: 50, per_page: 100 });
    expect(body.data).toEqual([]);
    expect(body.meta).toMatchObject({ page: 50, next_cursor: null });
    expect(body.meta.total).toBe((await list(operationId)).body.data.length);
  });

  it("goes on behind a cursor with another per_page, without a page in meta", async () => {
    const all = (await list(operationId)).body.data;
    const first = await list(operationId, { per_page: 1 });
    const cursor = first.body.meta.next_cursor;
    const rest = await list(operationId, { per_page: 100, cursor });
    expect(rest.body.data).toEqual(all.slice(1));
    expect(rest.body.meta).toEqual({
      page: null,
      per_page: 100,
      total: all.length,
      total_is_exact: true,
      next_cursor: null,
    });
    expect((await list(operationId, { per_page: 1, cursor })).body.data).toEqual(all.slice(1, 2));
  });

  it("refuses page and cursor together", async () => {
    const cursor = (await list(operationId, { per_page: 1 })).body.meta.next_cursor;
    expect(details(await list(operationId, { page: 1, cursor }))).toEqual([
      { path: "query.cursor", message: "Give page or cursor, not both." },
    ]);
  });

  it("answers 400 to a cursor that is none or that was tampered with", async () => {
    const cursor = String((await list(operationId, { per_page: 1 })).body.meta.next_cursor);
    const tampered = [
      "",
      "x",
      "null",
      "😀",
      cursor.slice(0, -4),
      Buffer.from("{}").toString("base64url"),
      Buffer.from("[]").toString("base64url"),
      Buffer.from('["a","b","c"]').toString("base64url"),
      `${cursor}=`,
      encodeCursor({ key: "guess", list: "another list" }, "1"),
      "A".repeat(4_000),
    ];
    for (const wrong of tampered) {
      const { status, body } = await list(operationId, { cursor: wrong });
      expect([wrong, status, body.error.code]).toEqual([wrong, 400, "bad_request"]);
      expect(body.error.message).toContain("begin without a cursor");
    }
  });

  it("answers 400 to a cursor of another team, route, parent or filter", async () => {
    const stranger = await openWebChat(platform);
    const theirs = { bot_id: stranger.bot_id, conversation: await stranger.talk("One") };
    await openWebChat(platform, { team: stranger.team });
    await openWebChat(platform, { team: stranger.team, bot_id: stranger.bot_id });
    const cursor = String((await list(operationId, { per_page: 1 })).body.meta.next_cursor);
    const foreign = await platform.call(operationId, {
      as: stranger.key,
      params: paramsOf(operationId, theirs),
      query: { cursor },
    });
    const other = operations.find((one) => one !== operationId) ?? "";
    const filters: Readonly<Record<string, Query>> = {
      listBots: { status: "active" },
      listIntegrations: { type: "echo" },
      listChannels: { type: "web" },
      listConversations: { platform: "web" },
      listMessages: { order: "desc" },
    };
    const answers = [
      foreign,
      await list(other, { cursor }),
      await list(operationId, { ...filters[operationId], cursor }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
  });

  it("does not lose its filters in the cursor, in whatever order they are given", async () => {
    const filters: Readonly<Record<string, string>> = {
      listBots: "status=active&name=",
      listIntegrations: "type=echo&status=active",
      listChannels: "type=web&status=connected",
      listConversations: "platform=web&active_after=2026-01-01T00:00:00Z",
      listMessages: "role=user&order=desc",
    };
    const query = String(filters[operationId]);
    const turned = query.split("&").toReversed().join("&");
    const first = await list(operationId, `${query}&per_page=1`);
    expect(first.status).toBe(200);
    const cursor = String(first.body.meta.next_cursor);
    const next = await list(operationId, `per_page=1&cursor=${cursor}&${turned}`);
    const all = await list(operationId, query);
    expect(next.body.data).toEqual(all.body.data.slice(1, 2));
  });
});

describe("Bounded lists", () => {
  it.each(operations.filter((operationId) => operationId !== "listMessages"))(
    "%s reaches the first 10,000 rows by page, and says how to reach more",
    async (operationId) => {
      expect((await list(operationId, { page: 100, per_page: 100 })).status).toBe(200);
      expect((await list(operationId, { page: 10_000, per_page: 1 })).status).toBe(200);
      for (const query of [
        { page: 101, per_page: 100 },
        { page: 10_001, per_page: 1 },
        { page: 501 },
      ] as Query[]) {
        expect(details(await list(operationId, query))).toEqual([
          { path: "query.page", message: "Use cursor for rows beyond 10,000." },
        ]);
      }
    },
  );

  it("listMessages has no such bound", async () => {
    const { status, body } = await list("listMessages", { page: 1_000_000_000, per_page: 100 });
    expect([status, body.data]).toEqual([200, []]);
  });

  it.each(lists)("%s reaches as far by page as the reference says", async (operationId) => {
    const { key } = await platform.team();
    const { description, parameters } = operationOf(operationId);
    const [, withFilters] = /^`page` reaches the whole list(.*)\.$/m.exec(description) ?? [];
    const said = [...(withFilters ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name);
    const isBounded = async (filter: Query) => {
      const query = { ...filter, page: 101, per_page: 100 };
      const params = Object.fromEntries(
        parameters.flatMap(({ in: place, name, schema }) =>
          place === "path" ? [[name, String(schema.examples[0])]] : [],
        ),
      );
      const { status, body } = await platform.call(operationId, { as: key, params, query });
      if (status === 422) expect(body.error.details).toMatchObject([{ path: "query.page" }]);
      else expect([200, 404]).toContain(status);
      return status === 422;
    };
    const filters = parameters.flatMap(({ in: place, name, schema }) =>
      place === "query" ? [{ name, value: exampleOf(schema) }] : [],
    );
    expect(await isBounded({})).toBe(withFilters === undefined);
    for (const { name, value } of filters) {
      const bounded = withFilters === undefined || said.includes(name);
      expect([name, await isBounded({ [name]: value })]).toEqual([name, bounded]);
    }
  });
});

describe("A cursor for a list of one's own", () => {
  const listOf = (operationId: string) => [
    chat.team.id,
    operationId,
    paramsOf(operationId),
    operationId === "listMessages" ? [JSON.stringify(["order", "asc"])] : [],
  ];
  const positions = ["1", "0.5", "~", "NaN", "", "2026-01-02T03:04:05.000Z#conv_1"];

  it.each(operations)("cannot be made by hand for %s", async (operationId) => {
    const genuine = String((await list(operationId, { per_page: 1 })).body.meta.next_cursor);
    const position = Buffer.from(genuine, "base64url").subarray(16).toString();
    expect(await signCursor(platform, chat.key, listOf(operationId), position)).toBe(genuine);
    for (const forged of [...positions, position]) {
      for (const key of ["", chat.team.id, chat.key, hashApiKey(chat.key)]) {
        const binding = { key, list: JSON.stringify(listOf(operationId)) };
        const cursor = encodeCursor(binding, forged);
        expect(await list(operationId, { cursor })).toBeRefused(400, "bad_request");
      }
    }
  });

  it.each(["x", "-5", "0.5", "1e9", "NaN", "", " 1", "9".repeat(400)])(
    "is refused by listMessages when it was signed and its position is no number: %j",
    async (position) => {
      const cursor = await signCursor(platform, chat.key, listOf("listMessages"), position);
      expect(await list("listMessages", { cursor })).toBeRefused(400, "bad_request");
    },
  );

  it.each(["0", "1", "999999999999"])(
    "leads to a page of listMessages from every number: %s",
    async (position) => {
      const cursor = await signCursor(platform, chat.key, listOf("listMessages"), position);
      expect((await list("listMessages", { cursor })).status).toBe(200);
    },
  );

  it.each([
    ["listConversations", "!"],
    ["listConversations", "~~~"],
    ["listConversations", ""],
    ["listBots", ""],
    ["listChannels", "\u0000"],
  ])("leads to a page of %s from every place in its order: %j", async (operationId, position) => {
    const cursor = await signCursor(platform, chat.key, listOf(operationId), position);
    const { status, body } = await list(operationId, { cursor });
    expect([status, Array.isArray(body.data)]).toEqual([200, true]);
  });

  it.each(operations)("goes on with another key of the team: %s", async (operationId) => {
    const cursor = (await list(operationId, { per_page: 1 })).body.meta.next_cursor;
    const params = paramsOf(operationId);
    const query = { per_page: 100, cursor };
    const as = await chat.team.keyWith("admin");
    const other = await platform.call(operationId, { as, params, query });
    expect(other.body).toEqual((await list(operationId, query)).body);
  });
});
