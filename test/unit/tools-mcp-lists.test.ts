import { expect, it } from "@jest/globals";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import { parseExactly } from "#shared/schema/exact-json";
import { createOpenTools } from "#shared/tools/create-open-tools";
import { listedTools } from "#shared/tools/listed-tools";
import { type OpenedTool, type ToolBox, ToolServerError } from "#shared/tools/tool-box";
import { useFakeBackend } from "#test/support/fake-backend";
import { mcpAnswer, type McpPlan } from "#test/support/mcp-servers";

const { signal } = new AbortController();
const openTools = createOpenTools({
  fetch: createSafeFetch({ allowPrivate: () => true }),
  clock: Date.now,
});
const mcp = (url: string, changes = {}): OpenedTool => ({
  type: "mcp",
  name: "crm",
  url,
  headers: {},
  allowed_tools: null,
  ...changes,
});

const backend = useFakeBackend();

async function offered(tools: McpPlan["tools"], ...listed: readonly OpenedTool[]) {
  backend.answer(mcpAnswer({ tools }));
  const box = await openTools(listed.length > 0 ? listed : [mcp(backend.url)], signal);
  await box.close();
  return box.tools;
}
const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `tool-${index}` }));

it("opens no tools without asking anybody", async () => {
  expect((await openTools([], signal)).tools).toEqual([]);
});

it("opens built-in tools and servers in the order of the loop", async () => {
  const tools = await offered(
    [{ name: "find" }],
    { type: "http" },
    mcp(backend.url),
    mcp(backend.url, { name: "shop" }),
    { type: "time" },
  );

  expect(tools.map(({ name }) => name)).toEqual([
    "http_request",
    "crm_find",
    "shop_find",
    "time_today",
    "time_now",
    "time_relative",
    "time_convert",
  ]);
});

it("gives a model 128 tools in all, and says what to do about more", async () => {
  expect(await offered(numbered(127), mcp(backend.url), { type: "http" })).toHaveLength(128);
  await expect(offered(numbered(125), mcp(backend.url), { type: "time" })).rejects.toThrow(
    "The loop has 129 tools, and a model is given at most 128: choose the ones it needs with allowed_tools.",
  );
  const chosen = mcp(backend.url, { allowed_tools: ["tool-499"] });
  expect(await offered(numbered(500), chosen)).toHaveLength(1);
});

it("cuts descriptions at 4 KB, and uses the title where there is none", async () => {
  const [long, titled] = await offered([
    { name: "long", description: "ü".repeat(5_000) },
    { name: "titled", title: "Finds customers" },
  ]);

  expect(Buffer.byteLength(long!.description)).toBeLessThanOrEqual(4_096);
  expect(long!.description).toMatch(/^ü{2046}…$/);
  expect(titled!.description).toBe("Finds customers");
});

it("does not offer a tool with a schema of more than 32 KB, and says so when the loop lists it", async () => {
  const properties = { a: { type: "string", description: "x".repeat(40_000) } };
  const large = { name: "large", inputSchema: { type: "object" as const, properties } };
  const small = { name: "small" };

  expect((await offered([large, small])).map(({ tool }) => tool)).toEqual(["small"]);
  await expect(
    offered([large, small], mcp(backend.url, { allowed_tools: ["large"] })),
  ).rejects.toThrow(
    'The tool "large" of the MCP server "crm" cannot be used: its schema is larger than 32 KB.',
  );
});

it("does not offer a tool with a name of more than 128 characters", async () => {
  const tools = await offered([{ name: "x".repeat(129) }, { name: "x".repeat(128) }]);

  expect(tools.map(({ tool }) => tool.length)).toEqual([128]);
});

it("reads at most 8 MiB of a list, on however many pages", async () => {
  const page = { description: "x".repeat(1_048_576) };
  const tools = Array.from({ length: 9 }, (_, index) => ({ name: `tool-${index}`, ...page }));
  backend.answer(mcpAnswer({ tools, perPage: 1 }));

  await expect(openTools([mcp(backend.url)], signal)).rejects.toThrow(
    'The MCP server "crm" cannot be used: Its list of tools is larger than 8 MiB.',
  );
  backend.answer(mcpAnswer({ tools: tools.slice(0, 7), perPage: 1 }));
  const box = await openTools([mcp(backend.url)], signal);
  await box.close();
  expect(box.tools).toHaveLength(7);
});

it.each([1_000, 100_000])("survives a schema that is %i levels deep", async (depth) => {
  const deep = `${'{"not":'.repeat(depth)}{}${"}".repeat(depth)}`;
  const inputSchema = JSON.stringify({ type: "object", properties: { a: 1 } }).replace("1", deep);
  backend.answer(mcpAnswer({ tools: [] }), (request, response) => {
    const { id } = JSON.parse(request.body) as { id: number };
    const result = `{"resultType":"complete","ttlMs":0,"cacheScope":"private","tools":[{"name":"deep","inputSchema":${inputSchema}}]}`;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(`{"jsonrpc":"2.0","id":${id},"result":${result}}`);
  });
  const opened = await openTools([mcp(backend.url)], signal).catch((error: unknown) => error);

  if (opened instanceof ToolServerError) {
    expect(opened.message).toMatch(/^The MCP server "crm" cannot be used: /);
  } else {
    expect((opened as ToolBox).tools.length).toBeLessThanOrEqual(1);
  }
});

it("takes the first of two tools with one name", async () => {
  const tools = await offered([
    { name: "find", description: "first" },
    { name: "find", description: "second" },
  ]);

  expect(tools.map(({ description }) => description)).toEqual(["first"]);
});

it("calls a tool by its own name when models know it by another", async () => {
  backend.answer(
    mcpAnswer({
      tools: [{ name: "users.find" }],
      call: (name) => ({ content: [{ type: "text", text: name }] }),
    }),
  );
  const box = await openTools([mcp(backend.url)], signal);
  const [tool] = box.tools;

  expect(tool).toMatchObject({ name: "crm_users_find", tool: "users.find", server: "crm" });
  expect(await box.call(tool!, {}, signal)).toEqual({ text: "users.find", is_error: false });
  await box.close();
});

it("does not call what it did not open", async () => {
  const [tool] = await offered([{ name: "find" }]);
  const box = await openTools([{ type: "time" }], signal);

  expect(await box.call(tool!, {}, signal)).toEqual({
    text: "There is no tool crm_find.",
    is_error: true,
  });
});

it("calls again after it was closed, with a connection of its own", async () => {
  backend.answer(mcpAnswer({ tools: [{ name: "find" }] }));
  const box = await openTools([mcp(backend.url)], signal);
  await box.close();
  await box.close();

  expect(await box.call(box.tools[0]!, {}, signal)).toEqual({ text: "done", is_error: false });
  await box.close();
});

it("mirrors arguments into headers where the server asks for it", async () => {
  const inputSchema = {
    type: "object" as const,
    properties: {
      region: { type: "string", "x-mcp-header": "Region" },
      account: { type: "integer", "x-mcp-header": "Account" },
    },
  };
  backend.answer(mcpAnswer({ tools: [{ name: "find", inputSchema }], ttlMs: 60_000 }));
  for (let opened = 0; opened < 2; opened++) {
    const box = await openTools([mcp(backend.url)], signal);
    const args = parseExactly('{"region":"eu","account":2512292042121000001}');
    expect(await box.call(box.tools[0]!, args, signal)).toMatchObject({ is_error: false });
    await box.close();
    expect(backend.requests.at(-1)!.headers).toMatchObject({
      "mcp-param-region": "eu",
      "mcp-param-account": "2512292042121000001",
    });
  }
});

/** Has the server list these tools as they are written, in revision 2026-07-28. */
const listing = (tools: string) =>
  backend.answer(mcpAnswer({ tools: [] }), (request, response) => {
    const { id } = JSON.parse(request.body) as { id: number };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(`{"jsonrpc":"2.0","id":${id},"result":{"tools":[${tools}]}}`);
  });
const many = (count: number, one: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => one(n)).join(",");

// Tools of a few bytes take a hundred times their memory, and a second for each MiB to be read.
it.each([
  ["5,001 tools", many(5_001, (n) => `{"name":"t${n}"}`)],
  [
    "200,001 values",
    many(
      40,
      (t) => `{"name":"t${t}","inputSchema":{"properties":{${many(5_000, (n) => `"${n}":1`)}}}}`,
    ),
  ],
])("refuses a server that lists %s", async (_, tools) => {
  listing(tools);
  await expect(openTools([mcp(backend.url)], signal)).rejects.toThrow(
    'The MCP server "crm" cannot be used: Its list has more than 5,000 tools, or 200,000 values in all.',
  );
});

it("serves others while it reads a long list", async () => {
  const properties = Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`p${n}`, {}]));
  const tools = Array.from({ length: 50 }, (_, n) => ({
    name: `t${n}`,
    inputSchema: { properties },
  }));
  let turns = 0;
  const take = () => {
    turns += 1;
    turn = setImmediate(take);
  };
  let turn = setImmediate(take);
  expect(await listedTools(tools)).toHaveLength(50);
  clearImmediate(turn);
  expect(turns).toBeGreaterThanOrEqual(8);
});
