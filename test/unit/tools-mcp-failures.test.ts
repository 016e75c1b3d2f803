import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { createOpenTools } from "#shared/tools/create-open-tools";
import { type OpenedTool, type ToolBox, ToolServerError } from "#shared/tools/tool-box";
import { type Answer, answers, startFakeBackend, useFakeBackend } from "#test/support/fake-backend";
import { mcpAnswer } from "#test/support/mcp-servers";

const { signal } = new AbortController();
const secret = "sk-0123456789abcdef";

const newOpenTools = ({ allowPrivate = true, timeout_ms = 5_000 } = {}) =>
  createOpenTools({
    fetch: createSafeFetch({ allowPrivate: () => allowPrivate }),
    clock: Date.now,
    timeout_ms,
  });
const mcp = (url: string, changes = {}): OpenedTool => ({
  type: "mcp",
  name: "crm",
  url,
  headers: { authorization: `Bearer ${secret}` },
  allowed_tools: null,
  ...changes,
});

const backend = useFakeBackend();
let host: string;
beforeEach(() => {
  ({ host } = new URL(backend.url));
});

const rpcError =
  (code: number, message: string, status = 200): Answer =>
  (request, response) => {
    const { id } = JSON.parse(request.body) as { id: unknown };
    answers.json({ jsonrpc: "2.0", id, error: { code, message } }, { status })(
      request,
      response,
      signal,
    ) as void;
  };

/** What can go wrong with a server, and what is said of it. */
const failures: readonly (readonly [string, Answer, string])[] = [
  ["hangs", answers.hang(), "did not answer within 0.5 seconds."],
  [
    "wants another key",
    answers.json({ error: `Invalid token ${secret}` }, { status: 401 }),
    "answered with status 401: Invalid token ••••. The headers of the tool may lack a valid key.",
  ],
  [
    "forbids it",
    answers.status(403),
    "answered with status 403. The headers of the tool may lack a valid key.",
  ],
  [
    "is broken",
    answers.json({ message: "Database\n  is down" }, { status: 500 }),
    "answered with status 500: Database is down",
  ],
  ["has a broken gateway", answers.html("<h1>Bad Gateway</h1>", 502), "answered with status 502."],
  [
    "is elsewhere",
    answers.redirect("https://example.com/mcp", 307),
    "answered with status 307, a redirect to https://example.com, which is not followed: the URL may be wrong.",
  ],
  [
    "is a web page",
    answers.html("<h1>Hello</h1>"),
    "answered with a web page: the URL may be wrong.",
  ],
  [
    "answers with other JSON",
    answers.json({ hello: "world" }),
    "answered with something that is not MCP: the URL may be wrong.",
  ],
  [
    "answers with half a JSON",
    (_, response) => void response.writeHead(200, { "content-type": "application/json" }).end("{"),
    "answered with something that is not MCP: the URL may be wrong.",
  ],
  [
    "cuts the connection",
    answers.resetBeforeHeaders(),
    "closed the connection before it answered.",
  ],
  ["sends without end", answers.endlessBody(), "The answer of HOST is larger than 8 MiB."],
];
const timeFor = (what: string) => ({ timeout_ms: what === "hangs" ? 500 : 5_000 });
const sentence = (words: string) =>
  words.includes("HOST") ? words.replace("HOST", host) : `${host} ${words}`;

describe("a server that cannot be opened", () => {
  it.each(failures)("fails the opening with its name when it %s", async (what, answer, words) => {
    backend.answer(answer);
    const opening = newOpenTools(timeFor(what))([mcp(backend.url)], signal);

    await expect(opening).rejects.toBeInstanceOf(ToolServerError);
    await expect(opening).rejects.toThrow(/^The MCP server "crm" cannot be (reached|used): /);
    await expect(opening).rejects.toThrow(sentence(words));
    await expect(opening).rejects.not.toThrow(secret);
  });

  it("fails the opening with its name when nothing listens", async () => {
    await backend.close();

    await expect(newOpenTools()([mcp(backend.url)], signal)).rejects.toThrow(
      `The MCP server "crm" cannot be reached: ${host} refused the connection.`,
    );
  });

  it("fails the opening with its name when its URL is not allowed", async () => {
    await expect(
      newOpenTools({ allowPrivate: false })([mcp("https://10.0.0.1/mcp")], signal),
    ).rejects.toThrow(
      'The MCP server "crm" cannot be reached: The URL must not point to a private address or to this machine itself.',
    );
  });

  it.each([
    [{ url: "example.com" }, "Its URL is not complete."],
    [{ headers: { authorization: "••••3kf9" } }, "It has a header that cannot be sent."],
  ])("fails the opening with its name when it cannot even be asked: %j", async (changes, words) => {
    await expect(newOpenTools()([mcp(backend.url, changes)], signal)).rejects.toThrow(
      `The MCP server "crm" cannot be reached: ${words}`,
    );
    expect(backend.requests).toEqual([]);
  });

  it("fails the opening with its name when it refuses to list", async () => {
    const server = mcpAnswer({ tools: [{ name: "send" }] });
    backend.answer(server, rpcError(-32_603, `Broken: ${secret}`));

    await expect(newOpenTools()([mcp(backend.url)], signal)).rejects.toThrow(
      `The MCP server "crm" cannot be used: ${host} answered: Broken: ••••`,
    );
  });

  it("fails the opening with its name when its list has no end", async () => {
    let page = 0;
    const server = mcpAnswer({ tools: [] });
    backend.answer(server, (request, response) => {
      const { id } = JSON.parse(request.body) as { id: unknown };
      page += 1;
      const result = {
        resultType: "complete",
        tools: [{ name: `tool-${page}`, inputSchema: { type: "object" } }],
        nextCursor: String(page),
        ttlMs: 0,
        cacheScope: "private",
      };
      void answers.json({ jsonrpc: "2.0", id, result })(request, response, signal);
    });

    await expect(newOpenTools({ timeout_ms: 5_000 })([mcp(backend.url)], signal)).rejects.toThrow(
      /^The MCP server "crm" cannot be used: /,
    );
    expect(page).toBe(32);
  });

  it("though the other servers answer, which are left then", async () => {
    const other = await startFakeBackend();
    backend.answer(mcpAnswer({ tools: [{ name: "send" }] }));
    other.answer(answers.status(503));
    try {
      await expect(
        newOpenTools()(
          [mcp(backend.url), mcp(other.url, { name: "shop" }), { type: "time" }],
          signal,
        ),
      ).rejects.toThrow('The MCP server "shop" cannot be reached');
    } finally {
      await other.close();
    }
  });
});

it.each([
  [503, true],
  [429, true],
  [401, false],
  [404, false],
])("says of a server that answers %i whether that may pass: %s", async (status, mayPass) => {
  backend.answer(answers.status(status));

  await expect(newOpenTools()([mcp(backend.url)], signal)).rejects.toMatchObject({ mayPass });
});

it("ends opening with the reason of the caller's signal", async () => {
  backend.answer(answers.hang());
  const caller = new AbortController();
  const reason = new Error("cancelled");
  const opening = newOpenTools({ timeout_ms: 30_000 })([mcp(backend.url)], caller.signal);
  void backend.received(1).then(() => caller.abort(reason));

  await expect(opening).rejects.toBe(reason);
  await expect(newOpenTools()([mcp(backend.url)], AbortSignal.abort(reason))).rejects.toBe(reason);
});

describe("a call that fails", () => {
  const tools = [{ name: "send" }, { name: "read", annotations: { readOnlyHint: true } }];
  let box: ToolBox;
  beforeEach(async () => {
    backend.answer(mcpAnswer({ tools, ttlMs: 60_000 }));
  });
  const open = async (what = "") => {
    box = await newOpenTools(timeFor(what))([mcp(backend.url)], signal);
  };
  afterEach(() => box.close());
  const call = (name: string, caller = signal) =>
    box.call(
      box.tools.find(({ tool }) => tool === name)!,
      {},
      caller,
    );

  it.each(failures)("is told to the model when the server %s", async (what, answer, words) => {
    await open(what);
    backend.answer(answer);
    const result = await call("read");

    expect(result).toEqual({
      text: `The call to the MCP server "crm" failed: ${sentence(words)}`,
      is_error: true,
    });
  });

  const doubt = " It is not known whether the call had an effect.";
  it.each([
    ["hangs", answers.hang(), true],
    ["cuts the connection", answers.resetAfterHeaders(), true],
    ["is broken", answers.status(500), true],
    ["answers with other JSON", answers.json({}), true],
    ["wants another key", answers.status(401), false],
    ["limits it", answers.status(429), false],
    ["refuses the arguments", rpcError(-32_602, "Bad arguments."), false],
  ])(
    "is told to the model with its doubt when a tool may have had effects and the server %s",
    async (what, answer, isUncertain) => {
      await open(what);
      backend.answer(answer);
      const { text, is_error } = await call("send");

      expect(is_error).toBe(true);
      expect(text.endsWith(doubt)).toBe(isUncertain);
    },
  );

  it("is told to the model in the server's own words", async () => {
    await open();
    backend.answer(rpcError(-32_602, `Unknown tool: send (${secret})\n${"x".repeat(1_000)}`));
    const { text } = await call("send");

    expect(text).toMatch(
      /^The call to the MCP server "crm" failed: \S+ answered: .*Unknown tool: send \(••••\) x+…$/,
    );
    expect(text.length).toBeLessThan(400);
  });

  it("is told to the model when it asks for more than there is", async () => {
    await open();
    backend.answer((request, response) => {
      const { id } = JSON.parse(request.body) as { id: unknown };
      const result = {
        resultType: "input_required",
        inputRequests: {
          a: {
            method: "elicitation/create",
            params: { message: "Sure?", requestedSchema: { type: "object", properties: {} } },
          },
        },
        requestState: "s",
      };
      void answers.json({ jsonrpc: "2.0", id, result })(request, response, signal);
    });
    const result = await call("send");

    expect(result).toEqual({
      text: `The call to the MCP server "crm" failed: ${host} answered: the call needs input of a person, and an agent loop has none.`,
      is_error: true,
    });
    expect(backend.requests).toHaveLength(3);
  });

  it("is told to the model once: nothing is called again by itself", async () => {
    await open();
    backend.answer(answers.resetBeforeHeaders());
    const before = backend.requests.length;
    await call("send");

    expect(backend.requests.length).toBe(before + 1);
  });

  it("leaves the next call to be made as if nothing had been", async () => {
    await open();
    backend.answer(answers.status(500), mcpAnswer({ tools }));

    expect(await call("send")).toMatchObject({ is_error: true });
    expect(await call("send")).toEqual({ text: "done", is_error: false });
  });

  it("but not when the caller's signal ends it", async () => {
    // Its own time would outlast this test.
    box = await newOpenTools({ timeout_ms: 60_000 })([mcp(backend.url)], signal);
    backend.answer(answers.hang());
    const caller = new AbortController();
    const reason = new Error("cancelled");
    const answer = call("send", caller.signal);
    void backend.received(3).then(() => caller.abort(reason));

    await expect(answer).rejects.toBe(reason);
  });
});
