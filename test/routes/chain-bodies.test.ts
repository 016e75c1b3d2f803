import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { newId } from "#shared/runtime/ids";
import { startTestGateway, type TestGateway } from "#test/support/test-gateway";
import { usePlatform } from "#test/support/test-platform";

const platform = usePlatform();
let gateway: TestGateway;
let key: string;
beforeAll(async () => {
  gateway = await startTestGateway(platform);
  ({ key } = await platform.team());
});
afterAll(() => gateway.close());

const loop = { name: "A", system_prompt: "Be brief.", user_message: "Go." };
const create = (rawBody: string | Uint8Array, headers: Record<string, string> = {}) =>
  platform.call("createBot", { as: key, rawBody, headers });

/** A bot as JSON of exactly so many bytes. */
const botOf = (bytes: number) => {
  const [head, tail] = ['{"name":"A","description":"', '"}'];
  return head + "x".repeat(bytes - head.length - tail.length) + tail;
};

describe("A body", () => {
  it.each([
    ["text", "hello"],
    ["half an object", '{"name":'],
    ["a trailing comma", '{"name":"A",}'],
    ["single quotes", "{'name':'A'}"],
    ["two objects", '{"name":"A"}{"name":"B"}'],
    ["a comment", '{"name":"A"} // bot'],
    ["only white space", " \n"],
    ["a raw line break in a text", '{"name":"A\nB"}'],
    ["a form", "name=A"],
    ["NaN", "NaN"],
    ["invalid UTF-8", Uint8Array.of(0x7b, 0x22, 0x6e, 0xff, 0x22, 0x3a, 0x31, 0x7d)],
    ["half a character", new Uint8Array(Buffer.from('{"name":"é"}').subarray(0, 10))],
    ["UTF-16", new Uint8Array(Buffer.from('{"name":"A"}', "utf16le"))],
    ["bytes", Uint8Array.of(0, 1, 2, 3)],
  ])("is 400 when it is no JSON: %s", async (_, rawBody) => {
    const { status, body } = await create(rawBody);
    expect({ status, body }).toBeRefused(400, "bad_request");
    expect(body.error.message).toBe("The body is not JSON in UTF-8. Check quotes and commas.");
  });

  it("is 400 when it is missing or empty and one is needed", async () => {
    const missing = await platform.call("createBot", { as: key });
    for (const { status, body } of [missing, await create("")]) {
      expect({ status, body }).toBeRefused(400, "bad_request");
      expect(body.error.message).toBe("The request needs a JSON body, and there is none.");
    }
  });

  it.each(["null", "true", "1", '"name"', "[]", '[{"name":"A"}]'])(
    "is 422 when it is JSON but no object: %s",
    async (rawBody) => {
      const { status, body } = await create(rawBody);
      expect({ status, body }).toBeRefused(422, "validation_error");
      expect(body.error.details).toEqual([{ path: "body", message: "Must be an object." }]);
    },
  );

  it("comes in base64 too, with a byte order mark, white space and escapes", async () => {
    const bodies = [
      new Uint8Array(Buffer.from('{"name":"Ünï 😀"}')),
      new Uint8Array(Buffer.from('\ufeff{"name":"Ünï 😀"}')),
      '\r\n\t {"name" : "\\u00dcnï \\ud83d\\ude00"} \n',
    ];
    for (const rawBody of bodies) {
      const { status, body } = await create(rawBody);
      expect([status, body.data.name]).toEqual([201, "Ünï 😀"]);
    }
  });

  it.each([
    "application/json",
    "application/json; charset=utf-8",
    "Application/JSON;charset=UTF-8",
    "application/json ;profile=x",
  ])("is read as %s", async (type) => {
    expect((await create('{"name":"A"}', { "content-type": type })).status).toBe(201);
  });

  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/jsonp",
    "application/json5",
    "json",
    "",
  ])("is 415 when its content type is another: %s", async (type) => {
    const { status, body } = await create('{"name":"A"}', { "content-type": type });
    expect({ status, body }).toBeRefused(415, "unsupported_media_type");
    expect(body.error.message).toContain("Content-Type: application/json");
  });

  it.each(["gzip", "br", "zstd", "deflate, gzip"])(
    "is 415 when it is packed, in words about that: %s",
    async (encoding) => {
      const { status, body } = await create(gzipSync('{"name":"A"}'), {
        "content-encoding": encoding,
      });
      expect({ status, body }).toBeRefused(415, "unsupported_media_type");
      expect(body.error.message).toBe(
        "The body must not be packed: send it without `Content-Encoding`.",
      );
    },
  );

  it.each(["identity", "utf-8"])("is read though it names an encoding: %j", async (encoding) => {
    const headers = { "content-encoding": encoding };
    expect((await create('{"name":"A"}', headers)).status).toBe(201);
  });

  it("is taken for JSON when it has no content type", async () => {
    const { status } = await gateway.send({
      method: "POST",
      target: "/v1/bots",
      key,
      headers: { "content-length": "12" },
      body: '{"name":"A"}',
    });
    expect(status).toBe(201);
  });

  it("is read up to 256 KiB and is 413 from one byte more, as text and as bytes", async () => {
    const limit = 256 * 1024;
    expect((await create(botOf(limit))).status).toBe(422);
    const tooLarge = [botOf(limit + 1), new Uint8Array(Buffer.from(botOf(limit + 1)))];
    for (const rawBody of tooLarge) {
      const { status, body } = await create(rawBody);
      expect({ status, body }).toBeRefused(413, "payload_too_large");
      expect(body.error.message).toBe("The body is larger than 256 KiB.");
    }
    const inCharacters = `{"name":"A","description":"${"é".repeat(limit / 2)}"}`;
    expect((await create(inCharacters)).status).toBe(413);
  });

  it("too large for the API is 413 over HTTP, in the API's own words", async () => {
    const body = botOf(256 * 1024 + 1);
    const { status, text } = await gateway.send({ method: "POST", target: "/v1/bots", key, body });
    expect(status).toBe(413);
    expect(text).toContain('"code":"payload_too_large"');
  });

  it("is not looked at where a route takes none", async () => {
    for (const rawBody of ["{", "x".repeat(300_000)]) {
      const answer = await platform.call("listBots", {
        as: key,
        rawBody,
        headers: { "content-type": "text/plain" },
      });
      expect(answer.status).toBe(200);
    }
  });

  it("nested a hundred thousand deep is an ordinary problem", async () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    const { status, body } = await create(`{"name":${deep}}`);
    expect([status, body.error.details]).toEqual([
      422,
      [{ path: "body.name", message: "Must be a string." }],
    ]);
    const unknown = await create(`{"name":"A","deep":${deep}}`);
    expect([unknown.status, unknown.body.error.details[0].path]).toEqual([422, "body.deep"]);
  });

  it.each(["constructor", "__proto__", "toString", "hasOwnProperty"])(
    "has no field %s that would be overlooked",
    async (name) => {
      const top = await create(`{"name":"A","${name}":{"status":"paused"}}`);
      expect([top.status, top.body.error.details]).toEqual([
        422,
        [{ path: `body.${name}`, message: "There is no such field." }],
      ]);
      const nested = await create(`{"name":"A","settings":{"${name}":1}}`);
      expect([nested.status, nested.body.error.details[0].path]).toEqual([
        422,
        `body.settings.${name}`,
      ]);
    },
  );

  it("is told all of its problems at once", async () => {
    const rawBody = JSON.stringify({
      description: 1,
      colour: "red",
      settings: { context_window: 0, response_delay: { min_ms: -1 } },
    });
    const { status, body } = await platform.call("createBot", {
      as: key,
      rawBody,
      query: { page: 1 },
    });
    expect([status, body.error.message]).toEqual([422, "The request has 6 problems."]);
    expect(body.error.details.map(({ path }: { path: string }) => path).toSorted()).toEqual([
      "body.colour",
      "body.description",
      "body.name",
      "body.settings.context_window",
      "body.settings.response_delay.min_ms",
      "query.page",
    ]);
  });
});

describe("A body that is wrong in more places than anybody reads", () => {
  const many = (one: unknown) => Array<unknown>(20_000).fill(one);
  it.each([
    ["createApiKey", { name: "A", scopes: many("x") }, "body.scopes.0"],
    ["createWebhookEndpoint", { url: "https://a.example.com", events: many(1) }, "body.events.0"],
    ["sendMessage", { user: { id: "ada" }, content: many({}) }, "body.content.0.type"],
    ["createAgentLoop", { name: "A", tools: many([]) }, "body.system_prompt"],
    ["createAgentLoop", { ...loop, tools: many([]) }, "body.tools.0.type"],
    [
      "createIntegration",
      { name: "A", headers: Object.fromEntries(many(1).map((one, at) => [at.toString(36), one])) },
      "body.headers.0",
    ],
  ])("is 422 of %s with the first of them alone", async (operationId, body, path) => {
    const params = { bot_id: newId("bot"), id: newId("ch") };
    const refused = await platform.call(operationId, { as: key, params, body });
    expect(refused).toBeRefused(422, "validation_error");
    expect(refused.body.error.details).toEqual([{ path, message: expect.any(String) }]);
    expect(refused.body.error.message).toBe(
      "The request has many problems, of which this is the first.",
    );
  });
});

describe("A query", () => {
  const list = (query: string) => platform.call("listBots", { as: key, query });

  it.each([
    ["an unknown parameter", "colour=red", "query.colour", "There is no such parameter."],
    [
      "a mistyped filter",
      "Status=active",
      "query.Status",
      "There is no such parameter. Did you mean query.status?",
    ],
    ["a parameter without a name", "=1", "query.", "There is no such parameter."],
    [
      "a filter given twice",
      "status=active&status=paused",
      "query.status",
      "Is given twice. Give it once.",
    ],
    ["a page given twice", "page=1&page=1", "query.page", "Is given twice. Give it once."],
    ["a filter as a list", "status[]=active", "query.status[]", "There is no such parameter."],
    ["an empty filter", "status=", "query.status", 'Must be "active" or "paused".'],
    [
      "a parameter of every object",
      "constructor=1",
      "query.constructor",
      "There is no such parameter.",
    ],
    ["__proto__", "__proto__=1", "query.__proto__", "There is no such parameter."],
    ["an encoded unknown", "%63olour=red", "query.colour", "There is no such parameter."],
  ])("is 422 with %s, and points at it", async (_, query, path, message) => {
    const { status, body } = await list(query);
    expect({ status, body }).toBeRefused(422, "validation_error");
    expect(body.error.details).toEqual([{ path, message }]);
  });

  it("is read decoded", async () => {
    expect((await list("status=%61ctive&per%5Fpage=5")).body.meta.per_page).toBe(5);
    expect((await list("name=%F0%9F%98%80+%26")).status).toBe(200);
    expect((await list("name=%ff%zz")).status).toBe(200);
  });

  it("is refused on routes that take none", async () => {
    const { status, body } = await platform.call("createBot", {
      as: key,
      query: { dry_run: true },
      body: { name: "A" },
    });
    expect([status, body.error.details[0].path]).toEqual([422, "query.dry_run"]);
  });
});
