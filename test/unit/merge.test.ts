import { describe, expect, it } from "@jest/globals";
import { merged } from "#shared/schema/merge";

const bot = () => ({
  name: "Concierge",
  description: "Answers" as string | null,
  tags: ["a", "b"],
  settings: { window: 10, delay: { min_ms: 1, max_ms: 2 }, prompt: null as string | null },
});

describe("merged", () => {
  it.each([
    ["nothing", {}, {}],
    ["undefined", { name: undefined, settings: { window: undefined } }, {}],
    ["a field", { name: "New" }, { name: "New" }],
    ["null", { description: null }, { description: null }],
    ["empty text, zero and false", { name: "", description: "" }, { name: "", description: "" }],
    ["a list, which replaces", { tags: ["c"] }, { tags: ["c"] }],
    ["an empty list", { tags: [] }, { tags: [] }],
  ])("takes %s from the patch", (_, patch, expected) => {
    expect(merged(bot(), patch)).toEqual({ ...bot(), ...expected });
  });

  it("merges objects to any depth", () => {
    expect(merged(bot(), { settings: { delay: { max_ms: 5 } } })).toEqual({
      ...bot(),
      settings: { window: 10, delay: { min_ms: 1, max_ms: 5 }, prompt: null },
    });
  });

  it("puts an object where there was null, and null where there was an object", () => {
    const base: { schedule: object | null } = { schedule: null };
    expect(merged(base, { schedule: { cron: "* * * * *" } })).toEqual({
      schedule: { cron: "* * * * *" },
    });
    expect(merged({ schedule: { cron: "* * * * *" } }, { schedule: null })).toEqual({
      schedule: null,
    });
  });

  it("changes neither what it is given nor its parts", () => {
    const base = Object.freeze({ ...bot(), settings: Object.freeze(bot().settings) });
    const patch = Object.freeze({ settings: Object.freeze({ window: 5 }) });
    expect(merged(base, patch).settings.window).toBe(5);
    expect(base).toEqual(bot());
    expect(patch).toEqual({ settings: { window: 5 } });
  });

  it("keeps the order of the fields, so that equal things are equal text", () => {
    const same = { settings: { prompt: null, window: 10 }, name: "Concierge" };
    expect(JSON.stringify(merged(bot(), same))).toBe(JSON.stringify(bot()));
  });

  it("does not reach the prototype of anything", () => {
    const patch: object = JSON.parse(
      '{"__proto__":{"polluted":true},"settings":{"__proto__":{"polluted":true}}}',
    );
    merged(bot(), patch);
    expect("polluted" in {}).toBe(false);
  });
});
