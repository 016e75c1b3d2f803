import { expect, it } from "@jest/globals";
import type { McpServer } from "#shared/tools/tool-box";
import { createToolListCache, type KnownServer } from "#shared/tools/tool-list-cache";

const server = (n: number): McpServer => ({
  type: "mcp",
  name: "crm",
  url: `https://mcp.example.com/${n}`,
  headers: {},
  allowed_tools: null,
});
const offering = (...descriptions: readonly string[]): KnownServer => ({
  era: "modern",
  tools: descriptions.map((description, n) => ({
    name: `tool-${n}`,
    description,
    input_schema: {},
    vendor_schema: {},
    own_names: {},
    may_have_effects: true,
    problem: null,
  })),
});

it("remembers what a server offers, as it was", () => {
  const cache = createToolListCache(() => 0);
  const known = offering("Finds.", "Sends.");
  cache.set(server(1), known, undefined);
  expect([cache.get(server(1)), cache.get(server(2))]).toEqual([known, undefined]);
});

it.each([
  ["that offer much", 20, offering("x".repeat(1_048_576))],
  ["that offer nothing", 40_000, offering()],
])("forgets of many servers %s what was used longest ago", (_, many, known) => {
  const cache = createToolListCache(() => 0);
  for (let n = 0; n < many; n++) {
    cache.set(server(n), known, undefined);
    cache.get(server(0));
  }
  expect(cache.get(server(0))).toEqual(known);
  expect(cache.get(server(1))).toBeUndefined();
  expect(cache.get(server(many - 1))).toEqual(known);
});

it("reads the headers of a server once, however often it says that its tools have changed", () => {
  const cache = createToolListCache(() => 0);
  let reads = 0;
  const changing: McpServer = {
    ...server(1),
    get headers() {
      reads += 1;
      return {};
    },
  };
  cache.set(changing, offering("Finds."), undefined);
  for (let times = 0; times < 100; times++) cache.forget(changing);
  expect([cache.get(server(1)), reads]).toEqual([undefined, 1]);
});
