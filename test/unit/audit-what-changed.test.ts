import { describe, expect, it } from "@jest/globals";
import { whatChanged } from "#shared/audit/what-changed";

const sealed = (mask: string, byte: number) => ({
  ciphertext: Uint8Array.of(1, byte),
  mask,
  key: 1,
});

describe("What an audit entry keeps of a change", () => {
  it("is the fields that differ, also of nested ones", () => {
    const before = { name: "A", status: "active", settings: { window: 10, delay: { min_ms: 0 } } };
    const after = { ...before, settings: { window: 20, delay: { min_ms: 0 } } };
    expect(whatChanged(before, after)).toEqual({
      before: { settings: { window: 10 } },
      after: { settings: { window: 20 } },
    });
  });

  it("is every field of what was made or deleted", () => {
    const fields = { name: "A", description: null, tags: ["a", { b: 1 }], secret: undefined };
    const shown = { name: "A", description: null, tags: ["a", { b: 1 }] };
    expect(whatChanged(null, fields)).toEqual({ before: null, after: shown });
    expect(whatChanged(fields, null)).toEqual({ before: shown, after: null });
  });

  it("tells a field that came or went by the side that has it", () => {
    const before = { headers: { Old: "1", Same: "2", constructor: "3" } };
    const after = { headers: { New: "4", Same: "2" } };
    expect(whatChanged(before, after)).toEqual({
      before: { headers: { Old: "1", constructor: "3" } },
      after: { headers: { New: "4" } },
    });
    expect(whatChanged({ callback: null }, { callback: { url: "a" } })).toEqual({
      before: { callback: null },
      after: { callback: { url: "a" } },
    });
  });

  it("shows a list whole when one of its entries differs", () => {
    const before = { tools: [{ type: "time" }, { type: "mcp", url: "a" }] };
    const after = { tools: [{ type: "time" }, { type: "mcp", url: "b" }, { type: "http" }] };
    expect(whatChanged(before, after)).toEqual({ before, after });
    expect(whatChanged(before, { tools: [...before.tools] })).toEqual({ before: {}, after: {} });
  });

  it("shows masks of secrets, and says so when one was set that has the same", () => {
    const headers = (a: object, b: object) => ({ headers: { A: a, B: b, C: sealed("••••", 3) } });
    const before = headers(sealed("••••aaaa", 1), sealed("••••", 1));
    const after = headers(sealed("••••bbbb", 2), sealed("••••", 2));
    expect(whatChanged(before, after)).toEqual({
      before: { headers: { A: "••••aaaa", B: "••••" } },
      after: { headers: { A: "••••bbbb", B: "•••• (set anew)" } },
    });
    const tools = (byte: number) => ({ tools: [{ name: "crm", key: sealed("••••", byte) }] });
    expect(whatChanged(tools(1), tools(2))).toEqual({
      before: { tools: [{ name: "crm", key: "••••" }] },
      after: { tools: [{ name: "crm", key: "•••• (set anew)" }] },
    });
    expect(whatChanged(null, tools(1)).after).toEqual({ tools: [{ name: "crm", key: "••••" }] });
  });

  it("cuts long texts with a mark, and not within a character", () => {
    const before = { prompt: `a${"😀".repeat(5_000)}` };
    const after = { prompt: `a${"😀".repeat(5_000)}!` };
    const cut = (characters: number) =>
      `a${"😀".repeat(49)}… (cut: ${characters} characters in all)`;
    expect(whatChanged(before, after)).toEqual({
      before: { prompt: cut(5_001) },
      after: { prompt: cut(5_002) },
    });
    const other = { prompt: `a${"😀".repeat(4_999)}!` };
    expect(whatChanged(before, other).after).toEqual({ prompt: `${cut(5_001)} (set anew)` });
  });

  it("leaves out the longest fields of what is still too long", () => {
    const name = "n".repeat(200);
    const tools = Array.from({ length: 20 }, () => ({
      url: "u".repeat(2_000),
      names: Array.from({ length: 128 }, () => "😀".repeat(128)),
    }));
    const { before, after } = whatChanged(
      { name: "", tools: [], list: ["a"] },
      { name, tools, list: [] },
    );
    expect(before).toEqual({ name: "", tools: [], list: ["a"] });
    expect(after).toEqual({
      name,
      tools: expect.stringMatching(/^\(left out: \d+ bytes\)$/),
      list: [],
    });
  });
});
