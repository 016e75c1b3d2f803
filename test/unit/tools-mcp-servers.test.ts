import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { parseExactly } from "#shared/schema/exact-json";
import { createOpenTools } from "#shared/tools/create-open-tools";
import type { OpenedTool, Tool, ToolBox } from "#shared/tools/tool-box";
import {
  type Answer,
  answers,
  type FakeBackend,
  startFakeBackend,
} from "#test/support/fake-backend";
import {
  mcpAnswer,
  messageIn,
  type OlderReply,
  olderServer,
  type RpcMessage,
  streamed,
} from "#test/support/mcp-servers";

const { signal } = new AbortController();
const safeFetch = createSafeFetch({ allowPrivate: () => true });

let backend: FakeBackend;
let boxes: ToolBox[];
beforeEach(async () => {
  backend = await startFakeBackend();
  boxes = [];
});
afterEach(async () => {
  await Promise.all(boxes.map((box) => box.close()));
  await backend.close();
});

const host = () => new URL(backend.url).host;
const newOpenTools = ({ timeout_ms = 5_000, probe_ms = 5_000 } = {}) =>
  createOpenTools({ fetch: safeFetch, clock: Date.now, timeout_ms, probe_ms });
const mcp = (changes = {}): OpenedTool => ({
  type: "mcp",
  name: "crm",
  url: backend.url,
  headers: {},
  allowed_tools: null,
  ...changes,
});
async function open(answer: Answer, { openTools = newOpenTools(), changes = {} } = {}) {
  backend.answer(answer);
  const box = await openTools([mcp(changes)], signal);
  boxes.push(box);
  return box;
}
const call = (box: ToolBox, args: unknown = {}, name = "send") =>
  box.call(
    box.tools.find(({ tool }) => tool === name)!,
    args,
    signal,
  );
const methods = () =>
  backend.requests.map((request) => messageIn(request).method ?? request.method);
const countOf = (method: string) => methods().filter((one) => one === method).length;
const result = (value: unknown) => (): OlderReply => ({ result: value });
const answer = (given: Answer) => (): OlderReply => ({ answer: given });
const rpc = ({ id }: RpcMessage, value: object) => ({ jsonrpc: "2.0", id, ...value });
const listing = (...tools: readonly unknown[]) => olderServer({ "tools/list": result({ tools }) });
const done = { text: "send is done", is_error: false };

describe("whatever is no answer of the modern revision means an older server", () => {
  it.each<[string, Answer]>([
    ["500", answers.json({ error: { code: -32_603, message: "No handler" } }, { status: 500 })],
    ["a closed connection", answers.resetBeforeHeaders()],
    ["an empty stream", streamed([])],
    ["an empty 200", answers.status(200)],
    ["202", answers.status(202)],
    ["403", answers.status(403)],
    ["a page", answers.html("<h1>Hello</h1>")],
    ["a result of something else", answers.json({ jsonrpc: "2.0", id: 1, result: {} })],
    ["silence", answers.hang()],
  ])("such as %s", async (_, probe) => {
    const openTools = newOpenTools({ probe_ms: 200 });
    const box = await open(olderServer({ "server/discover": answer(probe) }), { openTools });

    expect(await call(box)).toEqual(done);
    expect(countOf("initialize")).toBe(1);
  });
});

it.each<[string, Answer]>([
  ["silence", answers.hang()],
  ["503", answers.status(503)],
  ["a closed connection", answers.resetBeforeHeaders()],
])("a server of the modern revision alone is known by its refusal after %s", async (_, first) => {
  const modern = mcpAnswer({ tools: [{ name: "send" }] });
  let asked = 0;
  const openTools = newOpenTools({ probe_ms: 200 });
  const box = await open((...given) => (asked++ === 0 ? first : modern)(...given), { openTools });

  expect(await call(box)).toEqual({ text: "done", is_error: false });
});

describe("a server that refuses the version that it is greeted with", () => {
  const refusing = (known: string, refuse: (message: RpcMessage) => Answer) =>
    olderServer({
      initialize: (message) => {
        const { protocolVersion } = message.params as { protocolVersion: string };
        if (protocolVersion !== known) return { answer: refuse(message) };
        return { result: { protocolVersion, capabilities: { tools: {} } } };
      },
    });
  const refused =
    (data: object, code = -32_602) =>
    (message: RpcMessage) =>
      answers.json(
        rpc(message, { error: { code, message: "Unsupported protocol version", data } }),
      );
  const greetings = () =>
    backend.requests.flatMap(({ body }) => /"initialize".*"(20[\d-]{8})"/.exec(body)?.[1] ?? []);
  const plain: Answer = (_, response) => {
    response.writeHead(400, { "content-type": "text/plain" });
    response.end("Bad Request: Unsupported protocol version (supported: 2025-06-18, 2025-03-26)");
  };

  it.each<[string, string, (message: RpcMessage) => Answer, readonly string[]]>([
    ["in a list", "2024-11-05", refused({ supported: ["2024-11-05"] }), ["2024-11-05"]],
    [
      "in a list with the modern code",
      "2025-03-26",
      refused({ supported: ["2024-11-05", "2025-03-26"] }, -32_022),
      ["2025-03-26"],
    ],
    ["in words", "2025-06-18", () => plain, ["2025-06-18"]],
    ["nowhere", "2025-03-26", refused({}), ["2025-06-18", "2025-03-26"]],
  ])("is greeted with the newest that it names %s", async (_, known, refuse, then) => {
    const box = await open(refusing(known, refuse));

    expect(await call(box)).toEqual(done);
    expect(greetings()).toEqual(["2025-11-25", ...then]);
    expect(backend.requests.at(-1)?.headers["mcp-protocol-version"]).toBe(known);
  });

  it("fails with its own words when it knows none of ours", async () => {
    const opening = open(refusing("1999-01-01", refused({ supported: ["1999-01-01"] })));

    await expect(opening).rejects.toThrow("Unsupported protocol version");
    expect(greetings().length).toBeLessThanOrEqual(4);
  });
});

describe("a redirect that keeps the method", () => {
  const moved =
    (location: (at: string) => string, status = 307): Answer =>
    (request, response, alive) =>
      request.path === "/mcp/"
        ? olderServer()(request, response, alive)
        : void response.writeHead(status, { location: location(host()) }).end();

  it.each<[string, Answer]>([
    ["to a path", moved(() => "/mcp/", 308)],
    ["to a URL", moved((at) => `http://${at}/mcp/`)],
    [
      "to the same host in another scheme, which stays as it was",
      moved((at) => `https://${at}/mcp/`),
    ],
  ])("is followed on the same server %s, and remembered", async (_, server) => {
    const box = await open(server, { changes: { url: `${backend.url}/mcp` } });

    expect(await call(box)).toEqual(done);
    expect(backend.requests.filter(({ path }) => path === "/mcp")).toHaveLength(1);
  });

  it.each<[string, Answer]>([
    ["fails", answers.status(503)],
    ["is a page", answers.html("<h1>Sign in</h1>")],
  ])("is not remembered where what it leads to %s", async (_, elsewhere) => {
    let calls = 0;
    const box = await open((request, response, alive) => {
      if (request.path === "/elsewhere") return elsewhere(request, response, alive);
      const isFirst = messageIn(request).method === "tools/call" && calls++ === 0;
      const answer = isFirst ? answers.redirect("/elsewhere", 307) : olderServer();
      return answer(request, response, alive);
    });

    expect(await call(box)).toMatchObject({ is_error: true });
    expect(await call(box)).toEqual(done);
  });

  it("has one time with what it leads to", async () => {
    const times: number[] = [];
    const openTools = createOpenTools({
      fetch: (url, request) => {
        times.push(request.timeout_ms);
        return safeFetch(url, request);
      },
      clock: Date.now,
      timeout_ms: 5_000,
      probe_ms: 5_000,
    });
    await open(
      moved(() => "/mcp/"),
      { openTools, changes: { url: `${backend.url}/mcp` } },
    );

    expect(times[0]).toBeLessThanOrEqual(5_000);
    expect(times[1]).toBeLessThan(times[0]!);
  });

  it.each<[string, Answer, string]>([
    ["in a circle", moved((at) => `http://${at}/mcp`), "is not followed"],
    [
      "to another server",
      moved(() => "https://example.com/mcp/?token=1"),
      "a redirect to https://example.com, which is not followed: the URL may be wrong.",
    ],
    ["to another port", moved(() => "http://127.0.0.1:1/mcp/"), "is not followed"],
    ["by another method", moved(() => "/mcp/", 302), "a redirect to another path, which"],
    ["to nowhere", moved(() => "http://"), "is not followed"],
  ])("is told of when it goes %s", async (_, server, words) => {
    const opening = open(server, { changes: { url: `${backend.url}/mcp` } });

    await expect(opening).rejects.toThrow(words);
    expect(backend.requests.length).toBeLessThan(12);
  });
});

describe("one odd tool takes no other with it", () => {
  const good = { name: "good", inputSchema: { type: "object" } };

  it.each<[string, unknown]>([
    ["null", null],
    ["a text", "odd"],
    ["a tool without a name", { inputSchema: { type: "object" } }],
    ["a tool whose arguments are a list", { name: "odd", inputSchema: { type: "array" } }],
    ["a tool whose schema is a text", { name: "odd", inputSchema: "object" }],
  ])("%s", async (_, odd) => {
    const box = await open(listing(odd, good));

    expect(box.tools.map(({ tool }) => tool)).toEqual(["good"]);
  });

  it.each<[string, object]>([
    ["without a schema", {}],
    ["with an empty schema", { inputSchema: {} }],
    ["with null in the place of its schema", { inputSchema: null }],
    ["with an output schema of any kind", { outputSchema: { type: ["null", "array"] } }],
    [
      "with null wherever it says nothing",
      { title: null, description: null, annotations: null, _meta: null, execution: null },
    ],
    ["with annotations that are none", { annotations: { readOnlyHint: "yes" } }],
  ])("a tool %s is one", async (_, odd) => {
    const box = await open(listing({ name: "send", ...odd }, good));

    expect(box.tools.map(({ tool }) => tool)).toEqual(["send", "good"]);
    expect(box.tools[0]!.input_schema).toEqual({ type: "object", properties: {} });
    expect(await call(box)).toEqual(done);
  });

  it("and the model that calls it is told why it cannot", async () => {
    const box = await open(listing({ name: "odd", inputSchema: { type: "array" } }, good));

    expect(await box.find("crm_odd", signal)).toEqual({
      problem: "The tool crm_odd cannot be used: its arguments are no object.",
    });
    expect(await box.find("crm_none", signal)).toEqual({ problem: "There is no tool crm_none." });
  });
});

it("gives a server its arguments under the names that it has for them", async () => {
  const inputSchema = {
    type: "object",
    properties: { $top: { type: "integer" } },
    required: ["$top"],
    additionalProperties: false,
  };
  const box = await open(listing({ name: "send", inputSchema }));
  const [tool] = box.tools;

  expect(tool!.input_schema).toMatchObject({ required: ["_top"] });
  expect(tool!.problemOf({ _top: 1 })).toBeUndefined();
  expect(tool!.problemOf({ _top: "x" })).toContain("$top");
  expect(await call(box, { _top: 1 })).toEqual(done);
  expect(messageIn(backend.requests.at(-1)!).params?.arguments).toEqual({ $top: 1 });
});

describe("a list of tools", () => {
  it.each([null, undefined, ""])("ends with the cursor %j", async (nextCursor) => {
    const tools = [{ name: "send" }];
    const box = await open(olderServer({ "tools/list": result({ tools, nextCursor }) }));

    expect(box.tools).toHaveLength(1);
    expect(countOf("tools/list")).toBe(1);
  });

  it("goes on behind an empty cursor in the modern revision, where that is one", async () => {
    const modern = mcpAnswer({ tools: [{ name: "send" }] });
    const box = await open((request, ...others) => {
      const message = messageIn(request);
      if (message.method !== "tools/list") return modern(request, ...others);
      const { cursor } = message.params as { cursor?: string };
      const tools = [{ name: cursor === undefined ? "send" : "late" }];
      return answers.json(rpc(message, { result: { tools, nextCursor: "" } }))(request, ...others);
    });

    expect(box.tools.map(({ tool }) => tool)).toEqual(["send", "late"]);
    expect(countOf("tools/list")).toBe(2);
  });

  it("ends where its cursors go in a circle", async () => {
    const next = new Map([
      [undefined, "a"],
      ["a", "b"],
      ["b", "a"],
    ]);
    const box = await open(
      olderServer({
        "tools/list": ({ params }) => {
          const { cursor } = params as { cursor?: string };
          return { result: { tools: [{ name: `at ${cursor}` }], nextCursor: next.get(cursor) } };
        },
      }),
    );

    expect(box.tools.map(({ tool }) => tool)).toEqual(["at undefined", "at a", "at b"]);
  });

  it("may have 8 MiB in all, however they come", async () => {
    const asked: RpcMessage[] = [];
    const description = "x".repeat(5 * 1_048_576);
    const opening = open((request, ...others) => {
      const [message] = asked.slice(-1);
      if (request.method === "GET" && message) {
        const tools = [{ name: `at ${asked.length}`, description }];
        const page = rpc(message, { result: { tools, nextCursor: String(asked.length) } });
        return streamed([page])(request, ...others);
      }
      const begun = answers.raw(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nretry: 1\nid: 7\ndata:\n\n",
      );
      return olderServer({
        "tools/list": (given) => {
          asked.push(given);
          return { answer: asked.length > 3 ? answers.status(500) : begun };
        },
      })(request, ...others);
    });

    await expect(opening).rejects.toThrow("larger than 8 MiB");
  });

  it("is asked for though the server does not say that it has tools", async () => {
    const initialize = result({ protocolVersion: "2025-06-18", capabilities: {} });
    expect((await open(olderServer({ initialize }))).tools).toHaveLength(1);
  });

  it("is empty where a server neither says that it has tools nor knows the question", async () => {
    const initialize = result({ protocolVersion: "2025-06-18", capabilities: null });
    const unknown = (message: RpcMessage): OlderReply => ({
      answer: answers.json(rpc(message, { error: { code: -32_601, message: "Unknown" } })),
    });
    expect((await open(olderServer({ initialize, "tools/list": unknown }))).tools).toEqual([]);
    await expect(open(olderServer({ "tools/list": unknown }))).rejects.toThrow(
      `The MCP server "crm" cannot be used: ${host()} answered: Unknown`,
    );
  });

  it("that is none is named", async () => {
    await expect(open(olderServer({ "tools/list": result({ tools: null }) }))).rejects.toThrow(
      `The MCP server "crm" cannot be used: ${host()} answered tools/list without a list of \`tools\`.`,
    );
  });
});

describe("a result is read as it is", () => {
  const text = (words: string) => ({ type: "text", text: words });

  it.each<[string, unknown, string, boolean?]>([
    [
      "null beside a text",
      { content: [{ ...text("3 rows"), annotations: null, _meta: null }] },
      "3 rows",
    ],
    ["null in a list", { content: [null, text("3 rows")], structuredContent: null }, "3 rows"],
    ["null in the place of a text", { content: [{ type: "text", text: null }] }, ""],
    ["a text alone", { content: "3 rows" }, "3 rows"],
    ["a block alone", { content: text("3 rows") }, "3 rows"],
    ["a result that is a text", "3 rows", "3 rows"],
    ["no result", null, ""],
    [
      "a block that nobody knows",
      { content: [text("Found."), { type: "json", json: { doi: "10.1/x" } }] },
      'Found.\n{"type":"json","json":{"doi":"10.1/x"}}',
    ],
    ["an unknown block with a text", { content: [{ type: "markdown", text: "# Hi" }] }, "# Hi"],
    [
      "an image without its type",
      { content: [{ type: "image", data: "AAAA" }] },
      "[image: unknown type, 3 bytes; not shown]",
    ],
    [
      "a resource without anything",
      { content: [{ type: "resource" }] },
      "[resource : unknown type, 0 bytes; not shown]",
    ],
    ["an error block", { content: [{ type: "error", message: "No funds." }] }, "No funds.", true],
    [
      "an error block with an error in it",
      { content: [{ type: "error", error: { message: "No." } }] },
      "No.",
      true,
    ],
    ["an error that is said in words", { content: [text("No.")], isError: "true" }, "No.", true],
    [
      "the form of the first revision",
      { toolResult: { content: [text("zone created")] } },
      "zone created",
    ],
    ["a text in that form", { toolResult: "zone created" }, "zone created"],
    ["something else", { rows: 3, _meta: { a: 1 } }, '{"rows":3}'],
    [
      "structured content beside an empty text and a text of null",
      { content: [text(""), { type: "text", text: null }], structuredContent: { rows: 3 } },
      '{"rows":3}',
    ],
    [
      "structured content with an id of 19 digits",
      { structuredContent: { id: 1 } },
      '{"id":2512292042121000001}',
    ],
  ])("%s", async (_, value, words, is_error = false) => {
    const box = await open(
      olderServer({
        "tools/call": (message) => ({
          answer: (_request, response) => {
            const json = JSON.stringify(rpc(message, { result: value }));
            response.writeHead(200, { "content-type": "application/json" });
            response.end(json.replace('"id":1}', '"id":2512292042121000001}'));
          },
        }),
      }),
    );

    expect(await call(box)).toEqual({ text: words, is_error });
  });

  it("though it is nested without end", async () => {
    const deep = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`;
    const box = await open(
      olderServer({
        "tools/call": ({ id }) => ({
          answer: answers.raw(
            `HTTP/1.1 200 OK\r\n\r\n{"jsonrpc":"2.0","id":${id},"result":{"structuredContent":${deep}}}`,
          ),
        }),
      }),
    );

    expect(await call(box)).toEqual({
      text: "The answer of the tool is nested too deeply to be read.",
      is_error: true,
    });
  });

  it.each<[string, (message: RpcMessage) => Answer]>([
    [
      "without a content type",
      (message) => (_, response) =>
        void response.end(JSON.stringify(rpc(message, { result: "ok" }))),
    ],
    [
      "with its id as a text",
      ({ id }) => answers.json({ jsonrpc: "2.0", id: String(id), result: "ok" }),
    ],
    [
      "with null for an error",
      (message) => answers.json(rpc(message, { result: "ok", error: null })),
    ],
    [
      "in a batch",
      (message) =>
        answers.json([
          { jsonrpc: "2.0", method: "notifications/message" },
          rpc(message, { result: "ok" }),
        ]),
    ],
    [
      "in a stream that is called JSON",
      (message) => (_, response) =>
        void response
          .writeHead(200, { "content-type": "application/json" })
          .end(`data: ${JSON.stringify(rpc(message, { result: "ok" }))}\n\n`),
    ],
    [
      "in a stream without its last line",
      (message) => (_, response) =>
        void response
          .writeHead(200, { "content-type": "text/event-stream" })
          .end(`data:${JSON.stringify(rpc(message, { result: "ok" }))}`),
    ],
    [
      "packed",
      (message) => (_, response) => {
        response.writeHead(200, { "content-encoding": "gzip" });
        response.end(gzipSync(JSON.stringify(rpc(message, { result: "ok" }))));
      },
    ],
  ])("%s", async (_, make) => {
    const box = await open(olderServer({ "tools/call": (message) => ({ answer: make(message) }) }));

    expect(await call(box)).toEqual({ text: "ok", is_error: false });
  });

  it("or told to be missing", async () => {
    const box = await open(olderServer({ "tools/call": answer(answers.status(202)) }));

    expect((await call(box)).text).toBe(
      `The call to the MCP server "crm" failed: ${host()} took the request and gave no answer. It is not known whether the call had an effect.`,
    );
  });
});

describe("a stream is read while it flows", () => {
  it("and left when the answer is there", async () => {
    const box = await open(
      olderServer({
        "tools/call": (message) => ({
          answer: streamed([rpc(message, { result: "ok" })], { isLeftOpen: true }),
        }),
      }),
      { openTools: newOpenTools({ timeout_ms: 60_000 }) },
    );

    expect(await call(box)).toEqual({ text: "ok", is_error: false });
  });

  it("so that what the server asks is answered at once: it is there, and has nobody to ask", async () => {
    const asked = ["ping", "roots/list", "elicitation/create", "sampling/createMessage"];
    const replies: unknown[] = [];
    let finish = () => {};
    const server = olderServer({
      "tools/call": (message) => ({
        answer: (request, response, alive) => {
          const questions = asked.map((method) => ({ jsonrpc: "2.0", id: `q-${method}`, method }));
          void streamed(questions, { isLeftOpen: true })(request, response, alive);
          finish = () =>
            response.end(`data: ${JSON.stringify(rpc(message, { result: "ok" }))}\n\n`);
        },
      }),
    });
    const box = await open((request, response, alive) => {
      const { id, method } = messageIn(request);
      if (method === undefined && typeof id === "string") {
        replies.push(JSON.parse(request.body));
        if (replies.length === asked.length) finish();
      }
      return server(request, response, alive);
    });

    expect(await call(box)).toEqual({ text: "ok", is_error: false });
    expect(replies).toContainEqual({ jsonrpc: "2.0", id: "q-ping", result: {} });
    for (const method of asked.slice(1)) {
      expect(replies).toContainEqual({
        jsonrpc: "2.0",
        id: `q-${method}`,
        error: { code: -32_601, message: `An agent loop has nobody who answers ${method}.` },
      });
    }
  });

  it("and asked for its rest when the server ends it before the answer, as it may", async () => {
    let message: RpcMessage = {};
    const box = await open((request, response, alive) => {
      if (request.method === "GET" && request.headers["last-event-id"] === "7") {
        return streamed([rpc(message, { result: "late" })])(request, response, alive);
      }
      return olderServer({
        "tools/call": (asked) => {
          message = asked;
          const stream = "retry: 1\nid: 7\ndata:\n\n";
          return {
            answer: (_, to) =>
              void to.writeHead(200, { "content-type": "text/event-stream" }).end(stream),
          };
        },
      })(request, response, alive);
    });

    expect(await call(box)).toEqual({ text: "late", is_error: false });
    expect(countOf("tools/call")).toBe(1);
  });

  it.each([
    ["behind an event", "retry: 1\nid: 7\ndata:\n\n"],
    ["within an event", "retry: 1\nid: 7\ndata:\n\nid: 8"],
  ])("and asked for its rest when the connection breaks %s", async (_, sent) => {
    let message: RpcMessage = {};
    const box = await open((request, response, alive) => {
      if (request.method === "GET" && request.headers["last-event-id"] === "7") {
        return streamed([rpc(message, { result: "late" })])(request, response, alive);
      }
      return olderServer({
        "tools/call": (asked) => {
          message = asked;
          return {
            answer: (__, to) => {
              to.writeHead(200, { "content-type": "text/event-stream" });
              to.write(sent, () => to.destroy());
            },
          };
        },
      })(request, response, alive);
    });

    expect(await call(box)).toEqual({ text: "late", is_error: false });
    expect(countOf("tools/call")).toBe(1);
  });

  it("though it is JSON that is called one", async () => {
    const box = await open(
      olderServer({
        "tools/call": (message) => ({
          answer: (_, to) => {
            to.writeHead(200, { "content-type": "text/event-stream" });
            to.end(JSON.stringify(rpc(message, { result: "ok" })));
          },
        }),
      }),
    );

    expect(await call(box)).toEqual({ text: "ok", is_error: false });
  });
});

describe("arguments that do not fit are read as models mean them", () => {
  const properties = {
    q: { type: "string" },
    after: { type: "string" },
    $top: { type: "integer" },
    until: { type: ["string", "null"] },
    tags: { type: "array", items: { type: "string" } },
    either: { anyOf: [{ type: "string" }, { type: "object" }] },
    any: {},
    list: { type: "array" },
  };
  const inputSchema = { type: "object", properties, required: ["q"] };

  it.each<[string, object, object]>([
    [
      "null where that is neither needed nor admitted",
      { q: "x", after: null, _top: null, until: null, any: null },
      { q: "x", until: null, any: null },
    ],
    [
      "a list as a text",
      { q: "[1]", _top: 3, tags: '["a"]', either: "{}", any: "1" },
      { q: "[1]", $top: 3, tags: ["a"], either: "{}", any: "1" },
    ],
  ])("%s", async (_, given, meant) => {
    const box = await open(listing({ name: "send", inputSchema }));

    expect(box.tools[0]!.problemOf(given)).toBeUndefined();
    expect(await call(box, given)).toEqual(done);
    expect(messageIn(backend.requests.at(-1)!).params?.arguments).toEqual(meant);
  });

  it("and those that fit are sent as they are, whatever the digits of their numbers", async () => {
    const of = { id: { type: "integer" }, note: { type: ["string", "null"] } };
    const anyOf = [{ required: ["id"] }, { required: ["name"] }];
    const box = await open(
      listing({ name: "send", inputSchema: { type: "object", properties: of, anyOf } }),
    );
    const json = '{"id":12345678901234567890,"note":null}';

    expect(box.tools[0]!.problemOf(JSON.parse(json))).toBeUndefined();
    expect(await call(box, parseExactly(json))).toEqual(done);
    expect(backend.requests.at(-1)?.body).toContain(json);
  });

  it.each<[object, string]>([
    [{ q: null }, "#/q"],
    [{ q: "x", tags: "[1]" }, "#/tags"],
    [{ q: "x", tags: "[" }, "#/tags"],
    [{ q: "x", _top: "3" }, "#/$top"],
    [{ q: "x", list: `${"[".repeat(101)}${"]".repeat(101)}` }, "#/list"],
  ])("but %j is not", async (given, words) => {
    const box = await open(listing({ name: "send", inputSchema }));

    expect(box.tools[0]!.problemOf(given)).toContain(words);
  });
});

describe("the older transport is named", () => {
  const words =
    /cannot be used: \S+ speaks the older transport of MCP \(HTTP with SSE\), not Streamable HTTP\./;

  it("when a POST is answered by its stream", async () => {
    const stream = streamed(["/messages?s=1"], { isLeftOpen: true, event: "endpoint" });
    await expect(open(stream)).rejects.toThrow(words);
  });

  it("when only a GET is", async () => {
    const stream = streamed(["/messages?s=1"], { isLeftOpen: true, event: "endpoint" });
    const server: Answer = (request, ...others) =>
      request.method === "GET"
        ? stream(request, ...others)
        : answers.status(405)(request, ...others);
    await expect(open(server)).rejects.toThrow(words);
  });
});

describe("a session", () => {
  const greeting = { protocolVersion: "2025-06-18", capabilities: { tools: {} } };
  const tools = [{ name: "send" }, { name: "read", annotations: { readOnlyHint: true } }];

  /** Forgets its first session once that has been used for a call, and says so in its own way. */
  function forgetful(lost: (message: RpcMessage) => Answer): Answer {
    let sessions = 0;
    return (request, response, alive) => {
      const isLost = request.headers["mcp-session-id"] === "s1";
      const server = olderServer({
        initialize: (message) => ({
          answer: answers.json(rpc(message, { result: greeting }), {
            headers: {
              "mcp-session-id": `s${++sessions}`,
              "set-cookie": `node=${sessions}; Path=/`,
            },
          }),
        }),
        "tools/list": result({ tools }),
        ...(isLost && { "tools/call": (message) => ({ answer: lost(message) }) }),
      });
      return server(request, response, alive);
    };
  }
  const lost: readonly [string, (message: RpcMessage) => Answer][] = [
    ["404", () => answers.status(404)],
    ["400", () => answers.json({ error: { message: "No valid session ID" } }, { status: 400 })],
    [
      "an error of JSON-RPC",
      (message) =>
        answers.json(rpc(message, { error: { code: -32_001, message: "Session not found" } })),
    ],
    [
      "401 in words",
      () => (_, response) =>
        void response
          .writeHead(401, { "content-type": "text/plain" })
          .end("Unauthorized: Session not found"),
    ],
    [
      "503 in words",
      () => answers.json({ error: { message: "No such session" } }, { status: 503 }),
    ],
  ];

  it.each(lost)("that is lost is opened anew, once, however that is said (%s)", async (_, how) => {
    const box = await open(forgetful(how));

    expect(await call(box, {}, "read")).toEqual({ text: "read is done", is_error: false });
    expect([countOf("initialize"), countOf("tools/call")]).toEqual([2, 2]);
  });

  it.each([
    ["404", 2],
    ["400", 1],
    ["an error of JSON-RPC", 1],
    ["401 in words", 1],
    ["503 in words", 1],
  ])(
    "that is lost has a call with effects made again only where that is proved (%s)",
    async (name, calls) => {
      const box = await open(forgetful(lost.find(([which]) => which === name)![1]));
      const { is_error } = await call(box);

      expect([is_error, countOf("tools/call")]).toEqual([calls === 1, calls]);
      expect(await call(box)).toEqual(done);
    },
  );

  it("that was never given cannot be lost: 404 is an answer", async () => {
    const box = await open(olderServer({ "tools/call": answer(answers.status(404)) }));

    expect((await call(box)).is_error).toBe(true);
    expect(countOf("tools/call")).toBe(1);
  });

  it("is ended by a request that says nothing of a body, which it has not", async () => {
    const box = await open(forgetful(() => answers.status(404)));
    await box.close();
    const { method, headers } = backend.requests.at(-1)!;

    expect([method, headers["mcp-session-id"]]).toEqual(["DELETE", "s1"]);
    expect(headers).not.toHaveProperty("content-type");
  });

  it("keeps its cookies", async () => {
    const box = await open(
      forgetful(() => answers.status(404)),
      {
        changes: { headers: { cookie: "mine=1" } },
      },
    );
    await call(box);
    const cookies = backend.requests.map(({ headers }) => headers.cookie);

    expect(cookies[0]).toBe("mine=1");
    expect(cookies.at(2)).toBe("mine=1; node=1");
    expect(cookies.at(-1)).toBe("mine=1; node=2");
  });
});

describe("a call that is no longer waited for", () => {
  const takenBack = () =>
    backend.requests
      .map(({ body }) => JSON.parse(body || "{}") as Record<string, unknown>)
      .filter(({ method }) => method === "notifications/cancelled");

  it.each<[string, number, boolean]>([
    ["because its time is up", 300, false],
    ["because the caller has ended it", 60_000, true],
  ])("is taken back %s", async (_, timeout_ms, isEnded) => {
    const openTools = newOpenTools({ timeout_ms });
    const box = await open(olderServer({ "tools/call": answer(answers.hang()) }), { openTools });
    const before = backend.requests.length;
    const caller = new AbortController();
    if (isEnded) void backend.received(before + 1).then(() => caller.abort(new Error("ended")));
    await box.call(box.tools[0]!, {}, caller.signal).catch(() => undefined);
    await backend.received(before + 2);
    const asked = backend.requests.map(messageIn).find(({ method }) => method === "tools/call");

    expect(takenBack()).toMatchObject([{ params: { requestId: asked?.id } }]);
  });
});

it("tells servers who calls and what it knows, in the words of either revision", async () => {
  await open(listing({ name: "send" }));
  const said = (method: string) => {
    const request = backend.requests.find((one) => messageIn(one).method === method)!;
    return (JSON.parse(request.body) as { params: Record<string, unknown> }).params;
  };
  const clientInfo = { name: "chatbot-platform", version: "1" };

  expect(said("server/discover")["_meta"]).toEqual({
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": clientInfo,
    "io.modelcontextprotocol/clientCapabilities": {},
  });
  expect(said("initialize")).toEqual({
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo,
  });
});

it("repeats a call in the modern revision only for the protocol's own codes", async () => {
  const modern = mcpAnswer({ tools: [{ name: "send" }], ttlMs: 60_000 });
  const openTools = newOpenTools();
  const box = await open(modern, { openTools });
  for (const [code, calls] of [
    [-32_022, 2],
    [-32_000, 1],
  ] as const) {
    const refusal: Answer = (request, ...others) =>
      answers.json(rpc(messageIn(request), { error: { code, message: "Wrong version" } }), {
        status: 400,
      })(request, ...others);
    const before = countOf("tools/call");
    backend.answer(refusal, modern);
    await call(box);

    expect(countOf("tools/call") - before).toBe(calls);
  }
});

it.each([
  [-32_020, {}],
  [-32_022, {}],
  [-32_020, { status: 400 }],
  [-32_022, { status: 400 }],
])(
  "does not repeat a call with effects in an older revision for the modern one's codes (%i, %j)",
  async (code, how) => {
    const failed = (message: RpcMessage) =>
      answers.json(rpc(message, { error: { code, message: "Out of stock" } }), how);
    const box = await open(
      olderServer({ "tools/call": (message) => ({ answer: failed(message) }) }),
    );
    const { text, is_error } = await call(box);

    expect([is_error, text]).toEqual([true, expect.stringContaining("Out of stock")]);
    expect(countOf("tools/call")).toBe(1);
  },
);

it.each([
  [200, "something that is not MCP"],
  [400, "answered with status 400"],
])("is not read when it has lists without end, with status %i", async (status, words) => {
  const endless = "[".repeat(2_000_000);
  const box = await open(
    olderServer({
      "tools/call": answer(
        answers.raw(
          `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n${endless}`,
        ),
      ),
    }),
  );
  const parse = jest.spyOn(JSON, "parse");
  const { text } = await call(box);
  const read = parse.mock.calls.filter(([json]) => json === endless);
  parse.mockRestore();

  expect(text).toContain(words);
  expect(read).toEqual([]);
});

it.each(["send", "functions.crm_send", "crm_send<|channel|>analysis", "crm.send"])(
  "says which tool %s may have been meant for",
  async (name) => {
    const box = await open(listing({ name: "send" }, { name: "read" }));

    expect(await box.find(name, signal)).toEqual({
      problem: `There is no tool ${name}. There is crm_send.`,
    });
    expect(await box.find("crm_sing", signal)).toEqual({ problem: "There is no tool crm_sing." });
  },
);

describe("a tool that was added since the server was asked", () => {
  const growing = (...later: readonly string[]) => {
    const tools = [{ name: "send" }];
    const server = olderServer({
      "tools/list": () => ({ result: { tools } }),
      "tools/call": (message) => {
        const changed = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };
        const more = message.params?.name === "grow" ? [changed] : [];
        return { answer: streamed([...more, rpc(message, { result: "ok" })]) };
      },
    });
    return { server, grow: () => tools.push(...later.map((name) => ({ name }))) };
  };
  const names = ({ tools }: { readonly tools: readonly Tool[] }) => tools.map(({ tool }) => tool);

  it("is found when the loop lists it", async () => {
    const openTools = newOpenTools();
    const { server, grow } = growing("fresh");
    await open(server, { openTools });
    grow();
    const box = await open(server, { openTools, changes: { allowed_tools: ["fresh"] } });

    expect(names(box)).toEqual(["fresh"]);
  });

  it("is found when the model calls it, and asked for once", async () => {
    const openTools = newOpenTools();
    const { server, grow } = growing("fresh");
    await open(server, { openTools });
    grow();
    const box = await open(server, { openTools });
    expect(names(box)).toEqual(["send"]);

    expect(await box.find("crm_fresh", signal)).toMatchObject({ tool: "fresh" });
    expect(await call(box, {}, "fresh")).toEqual({ text: "ok", is_error: false });
    await box.find("crm_other", signal);
    await box.find("shop_other", signal);
    expect(countOf("tools/list")).toBe(2);
  });

  it("is told to the model when the server says that its list has changed", async () => {
    const { server, grow } = growing("fresh");
    const box = await open(listingWith(server, "grow"));
    grow();
    expect(names(box)).toEqual(["grow"]);
    backend.answer(server);
    await call(box, {}, "grow");

    expect(names(box)).toEqual(["send", "fresh"]);
  });

  /** The same server with another list. */
  function listingWith(server: Answer, name: string): Answer {
    return (request, ...others) =>
      (messageIn(request).method === "tools/list" ? listing({ name }) : server)(request, ...others);
  }
});

describe("an id that is none of ours", () => {
  const odd = [
    '{"toString":1,"valueOf":1}',
    '[{"toString":null}]',
    "2512292042121000001",
    "[[[]]]",
    "1e400",
    "true",
  ];

  it.each(odd)("is passed over in a stream: %s", async (id) => {
    const box = await open(
      olderServer({
        "tools/call": (message) => ({
          answer: (_, response) => {
            response.writeHead(200, { "content-type": "text/event-stream" });
            const own = JSON.stringify(rpc(message, { result: "ok" }));
            response.end(`data: {"id":${id},"result":"other"}\n\ndata: ${own}\n\n`);
          },
        }),
      }),
    );
    expect(await call(box)).toEqual({ text: "ok", is_error: false });
  });

  it.each(odd)("is no answer where it stands alone: %s", async (id) => {
    const box = await open(
      olderServer({
        "tools/call": () => ({
          answer: (_, response) => {
            response.writeHead(200, { "content-type": "application/json" });
            response.end(`{"id":${id},"result":"other"}`);
          },
        }),
      }),
    );
    expect(await call(box)).toEqual({
      text: expect.stringContaining("something that is not MCP"),
      is_error: true,
    });
  });
});
