import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { OutboundRequest } from "#shared/outbound/safe-fetch";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { createOpenTools } from "#shared/tools/create-open-tools";
import type { OpenedTool, ToolBox } from "#shared/tools/tool-box";
import { useFakeBackend } from "#test/support/fake-backend";
import { type EverythingServer, mcpAnswer, startEverything } from "#test/support/mcp-servers";

const { signal } = new AbortController();
const safeFetch = createSafeFetch({ allowPrivate: () => true });

let sent: string[] = [];
let now = 0;
const methodOf = ({ method, body }: OutboundRequest) =>
  body === undefined
    ? method
    : String(
        (JSON.parse(Buffer.from(body as Uint8Array).toString()) as { method: unknown }).method,
      );
const newOpenTools = () =>
  createOpenTools({
    fetch: (url, request) => {
      sent.push(methodOf(request));
      return safeFetch(url, request);
    },
    clock: () => now,
  });

const mcp = (url: string, changes = {}): OpenedTool => ({
  type: "mcp",
  name: "srv",
  url,
  headers: {},
  allowed_tools: null,
  ...changes,
});
const callNamed = (box: ToolBox, name: string, args: unknown) => {
  const tool = box.tools.find((known) => known.tool === name)!;
  expect(tool.problemOf(args)).toBeUndefined();
  return box.call(tool, args, signal);
};
const taken = () => sent.splice(0);

beforeEach(() => {
  sent = [];
  now = Date.UTC(2026, 10, 22);
});

describe("server-everything, of the older revisions", () => {
  let server: EverythingServer;
  beforeAll(async () => {
    server = await startEverything();
  });
  afterAll(() => server.stop());

  it("is asked which revision it speaks, then greeted and listed once, then called, then left", async () => {
    const openTools = newOpenTools();
    const box = await openTools([mcp(server.url)], signal);
    expect(taken()).toEqual([
      "server/discover",
      "initialize",
      "notifications/initialized",
      "tools/list",
    ]);
    expect(await callNamed(box, "echo", { message: "hi" })).toEqual({
      text: "Echo: hi",
      is_error: false,
    });
    expect(await callNamed(box, "get-sum", { a: 1, b: 2 })).toEqual({
      text: "The sum of 1 and 2 is 3.",
      is_error: false,
    });
    expect(taken()).toEqual(["tools/call", "tools/call"]);
    await box.close();
    expect(taken()).toEqual(["DELETE"]);

    const again = await openTools([mcp(server.url)], signal);
    expect(taken()).toEqual([]);
    await callNamed(again, "echo", { message: "hi" });
    expect(taken()).toEqual(["initialize", "notifications/initialized", "tools/call"]);
    await again.close();
  });

  it("is listed anew after five minutes", async () => {
    const openTools = newOpenTools();
    const listed = async () => {
      await (await openTools([mcp(server.url)], signal)).close();
      return taken().includes("tools/list");
    };

    expect(await listed()).toBe(true);
    now += 299_999;
    expect(await listed()).toBe(false);
    now += 1;
    expect(await listed()).toBe(true);
  });

  it("has names for models, schemas, and annotations that say what may be repeated", async () => {
    const box = await newOpenTools()([mcp(server.url)], signal);
    await box.close();
    const find = (name: string) => box.tools.find((tool) => tool.name === name);

    expect(find("srv_echo")).toMatchObject({
      server: "srv",
      tool: "echo",
      description: expect.stringContaining("Echoes"),
      input_schema: { type: "object", required: ["message"] },
    });
    expect(find("srv_echo")!.mayHaveEffects({})).toBe(false);
    expect(find("srv_toggle-simulated-logging")!.mayHaveEffects({})).toBe(true);
    expect(find("srv_echo")!.problemOf({})).toContain('"message"');
    expect(find("srv_get-sum")!.problemOf({ a: "1", b: 2 })).toContain("#/a");
  });

  it("does not offer tools that can only be called as tasks", async () => {
    const box = await newOpenTools()([mcp(server.url)], signal);
    await box.close();

    expect(box.tools.map(({ tool }) => tool)).not.toContain("simulate-research-query");
    await expect(
      newOpenTools()([mcp(server.url, { allowed_tools: ["simulate-research-query"] })], signal),
    ).rejects.toThrow(
      'The tool "simulate-research-query" of the MCP server "srv" cannot be used: it can only be called as a task.',
    );
  });

  it.each([
    ["get-structured-content", { location: "Chicago" }, /^\{"temperature":36,/],
    ["get-tiny-image", {}, /\n\[image: image\/png, [\d,]+ bytes; not shown\]\n/],
    [
      "get-resource-reference",
      {},
      /\n\[resource demo:\/\/resource\/dynamic\/text\/1\]\nResource 1: /,
    ],
    ["get-resource-links", { count: 1 }, /\[link to a resource: .*demo:\/\/resource/],
    ["get-env", {}, /^\{\n {2}"PORT": "0"\n\}$/],
  ])("answers %s in text", async (name, args, text) => {
    const box = await newOpenTools()([mcp(server.url)], signal);
    const result = await callNamed(box, name, args);
    await box.close();

    expect(result).toEqual({ text: expect.stringMatching(text), is_error: false });
  });

  it("refuses wrong arguments in words for the model", async () => {
    const box = await newOpenTools()([mcp(server.url)], signal);
    const tool = box.tools.find(({ tool: name }) => name === "echo")!;
    const result = await box.call(tool, {}, signal);
    await box.close();

    expect(result).toEqual({ text: expect.stringContaining("message"), is_error: true });
  });

  it("is stopped waiting for when the caller's signal says so", async () => {
    const box = await newOpenTools()([mcp(server.url)], signal);
    const tool = box.tools.find(({ tool: name }) => name === "trigger-long-running-operation")!;
    const caller = new AbortController();
    const reason = new Error("cancelled");
    const answer = box.call(tool, { duration: 60, steps: 2 }, caller.signal);
    setImmediate(() => caller.abort(reason));

    await expect(answer).rejects.toBe(reason);
    await box.close();
  });
});

describe("server-everything that is started again", () => {
  it("is greeted once more when it has forgotten the session", async () => {
    const first = await startEverything();
    const box = await newOpenTools()([mcp(first.url)], signal);
    await first.stop();
    const second = await startEverything(first.port);
    taken();
    try {
      expect(await callNamed(box, "echo", { message: "hi" })).toEqual({
        text: "Echo: hi",
        is_error: false,
      });
      expect(taken()).toEqual([
        "tools/call",
        "DELETE",
        "server/discover",
        "initialize",
        "notifications/initialized",
        "tools/call",
      ]);
    } finally {
      await box.close();
      await second.stop();
    }
  });

  it("tells the model when it is gone", async () => {
    const server = await startEverything();
    const openTools = newOpenTools();
    const box = await openTools([mcp(server.url)], signal);
    await server.stop();
    const host = `127.0.0.1:${server.port}`;

    expect(await callNamed(box, "echo", { message: "hi" })).toEqual({
      text: `The call to the MCP server "srv" failed: ${host} refused the connection.`,
      is_error: true,
    });
    await box.close();
    await expect(openTools([mcp(server.url)], signal)).rejects.toThrow(
      `The MCP server "srv" cannot be reached: ${host} refused the connection.`,
    );
  });
});

describe("a server of the current revision", () => {
  const backend = useFakeBackend();

  const tools = [
    {
      name: "add",
      description: "Adds.",
      inputSchema: {
        type: "object" as const,
        properties: { a: { type: "number" }, b: { type: "number" } },
        required: ["a", "b"],
      },
      annotations: { readOnlyHint: true },
    },
    { name: "put", annotations: { idempotentHint: true } },
    { name: "send" },
    { name: "erase", annotations: { readOnlyHint: false, destructiveHint: true } },
  ];

  it("is asked what it is and what it has, and is called without a session", async () => {
    backend.answer(
      mcpAnswer({
        tools,
        ttlMs: 60_000,
        call: (name, args) => ({
          content: [{ type: "text", text: `${name} ${JSON.stringify(args)}` }],
        }),
      }),
    );
    const openTools = newOpenTools();
    const box = await openTools([mcp(backend.url)], signal);
    expect(taken()).toEqual(["server/discover", "tools/list"]);
    expect(await callNamed(box, "add", { a: 1, b: 2 })).toEqual({
      text: 'add {"a":1,"b":2}',
      is_error: false,
    });
    await box.close();
    expect(taken()).toEqual(["tools/call"]);

    const again = await openTools([mcp(backend.url)], signal);
    await callNamed(again, "add", { a: 1, b: 2 });
    await again.close();
    expect(taken()).toEqual(["tools/call"]);

    now += 60_000;
    await (await openTools([mcp(backend.url)], signal)).close();
    expect(taken()).toEqual(["server/discover", "tools/list"]);
  });

  it("is listed each time when it says that its list does not last", async () => {
    backend.answer(mcpAnswer({ tools, ttlMs: 0 }));
    const openTools = newOpenTools();
    for (let opened = 0; opened < 2; opened++) {
      await (await openTools([mcp(backend.url)], signal)).close();
      expect(taken()).toEqual(["server/discover", "tools/list"]);
    }
  });

  it("is not believed that its list lasts longer than an hour", async () => {
    backend.answer(mcpAnswer({ tools, ttlMs: 86_400_000 }));
    const openTools = newOpenTools();
    await (await openTools([mcp(backend.url)], signal)).close();
    taken();
    now += 3_600_000;
    await (await openTools([mcp(backend.url)], signal)).close();

    expect(taken()).toContain("tools/list");
  });

  it("is listed for each set of headers, and gets them with every request", async () => {
    backend.answer(mcpAnswer({ tools, ttlMs: 60_000 }));
    const openTools = newOpenTools();
    for (const key of ["one", "two"]) {
      const server = mcp(backend.url, { headers: { authorization: `Bearer ${key}` } });
      const box = await openTools([server], signal);
      await callNamed(box, "send", {});
      await box.close();
    }

    expect(backend.requests.map(({ headers }) => headers.authorization)).toEqual([
      ...Array.from({ length: 3 }, () => "Bearer one"),
      ...Array.from({ length: 3 }, () => "Bearer two"),
    ]);
  });

  it("says by annotations what may be repeated", async () => {
    backend.answer(mcpAnswer({ tools }));
    const box = await newOpenTools()([mcp(backend.url)], signal);
    await box.close();

    expect(box.tools.map(({ tool, mayHaveEffects }) => [tool, mayHaveEffects({})])).toEqual([
      ["add", false],
      ["put", false],
      ["send", true],
      ["erase", true],
    ]);
  });

  it("offers only the tools that the loop allows", async () => {
    backend.answer(mcpAnswer({ tools }));
    const server = mcp(backend.url, { allowed_tools: ["send", "add"] });
    const box = await newOpenTools()([server], signal);
    await box.close();

    expect(box.tools.map(({ name }) => name)).toEqual(["srv_add", "srv_send"]);
    await expect(
      newOpenTools()([mcp(backend.url, { allowed_tools: ["add", "fly", "sing"] })], signal),
    ).rejects.toThrow('The MCP server "srv" has no tool "fly", "sing", which allowed_tools lists.');
  });

  it("is listed page by page", async () => {
    backend.answer(mcpAnswer({ tools, perPage: 1, ttlMs: 1_000 }));
    const box = await newOpenTools()([mcp(backend.url)], signal);
    await box.close();

    expect(box.tools.map(({ tool }) => tool)).toEqual(["add", "put", "send", "erase"]);
    expect(taken()).toEqual(["server/discover", ...tools.map(() => "tools/list")]);
  });

  it.each([
    [
      "an error of its own",
      { content: [{ type: "text" as const, text: "No such customer." }], isError: true },
      { text: "No such customer.", is_error: true },
    ],
    [
      "structured content without text",
      { content: [], structuredContent: { id: 7 } },
      { text: '{"id":7}', is_error: false },
    ],
    [
      "structured content and the same as text",
      { content: [{ type: "text" as const, text: '{"id":7}' }], structuredContent: { id: 7 } },
      { text: '{"id":7}', is_error: false },
    ],
    ["nothing", { content: [] }, { text: "", is_error: false }],
    [
      "sounds and files",
      {
        content: [
          { type: "audio" as const, mimeType: "audio/wav", data: "AAAA" },
          {
            type: "resource" as const,
            resource: { uri: "file:///a.pdf", mimeType: "application/pdf", blob: "AAAAAAAA" },
          },
        ],
      },
      {
        text: "[audio: audio/wav, 3 bytes; not shown]\n[resource file:///a.pdf: application/pdf, 6 bytes; not shown]",
        is_error: false,
      },
    ],
  ])("may answer with %s", async (_, answer, result) => {
    backend.answer(mcpAnswer({ tools, call: () => answer }));
    const box = await newOpenTools()([mcp(backend.url)], signal);

    expect(await callNamed(box, "send", {})).toEqual(result);
    await box.close();
  });

  it("may break the promise of its output schema", async () => {
    const outputSchema = { type: "object" as const, required: ["id"] };
    backend.answer(
      mcpAnswer({
        tools: [{ name: "send", outputSchema }],
        call: () => ({ content: [], structuredContent: { other: 1 } }),
      }),
    );
    const box = await newOpenTools()([mcp(backend.url)], signal);

    expect(await callNamed(box, "send", {})).toEqual({ text: '{"other":1}', is_error: false });
    await box.close();
  });

  it("has its answers cut at 256 KiB", async () => {
    const text = "é".repeat(200_000);
    backend.answer(mcpAnswer({ tools, call: () => ({ content: [{ type: "text", text }] }) }));
    const box = await newOpenTools()([mcp(backend.url)], signal);
    const result = await callNamed(box, "send", {});
    await box.close();

    expect(result.text).toBe(
      `${"é".repeat(131_072)}\n\n[Cut: these are the first 262,144 of 400,000 bytes.]`,
    );
  });

  it("serves the older revisions too when it likes, and is spoken to in the current one", async () => {
    backend.answer(mcpAnswer({ tools, legacy: "stateless" }));
    await (await newOpenTools()([mcp(backend.url)], signal)).close();

    expect(taken()).toEqual(["server/discover", "tools/list"]);
  });
});
