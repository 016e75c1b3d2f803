import { expect, it } from "@jest/globals";
import { toolNames } from "#shared/tools/tool-names";

it("puts the server before the tool", () => {
  expect(toolNames("crm", ["find", "get-all", "A_1"])).toEqual([
    "crm_find",
    "crm_get-all",
    "crm_A_1",
  ]);
});

it("begins with a letter that no server's name has, where the server's begins with a digit", () => {
  // https://github.com/dust-tt/dust/pull/28212, https://github.com/MoonshotAI/kimi-cli/issues/2531
  expect(toolNames("1c", ["find", "a b"])).toEqual(["M_1c_find", "M_1c_a_b"]);
  expect(toolNames("mcp", ["1c_find"])).toEqual(["mcp_1c_find"]);
});

it("replaces what models do not take", () => {
  expect(toolNames("crm", ["users.list", "größe", "a b"])).toEqual([
    "crm_users_list",
    "crm_gr__e",
    "crm_a_b",
  ]);
});

it("keeps tools apart whose names become the same, and leaves the one that had the name", () => {
  const names = toolNames("crm", ["a.b", "a_b", "a/b"]);

  expect(names).toEqual([
    expect.stringMatching(/^crm_a_b_[0-9a-f]{8}$/),
    "crm_a_b",
    expect.stringMatching(/^crm_a_b_[0-9a-f]{8}$/),
  ]);
  expect(new Set(names).size).toBe(3);
});

it("cuts long names to 64 characters without making twins", () => {
  const long = "x".repeat(100);
  const names = toolNames("crm", [`${long}1`, `${long}2`]);

  expect(names.map(({ length }) => length)).toEqual([64, 64]);
  expect(names[0]).not.toBe(names[1]);
  expect(names.every((name) => /^[a-zA-Z0-9_-]+$/.test(name))).toBe(true);
});

it("gives the same names again", () => {
  const tools = ["a.b", "a_b", "x".repeat(100)];

  expect(toolNames("crm", tools)).toEqual(toolNames("crm", tools));
});
