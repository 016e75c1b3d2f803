import { describe, expect, it } from "@jest/globals";
import { chooseBackends, drawn } from "#shared/integrations/choose-backends";
import type { StoredIntegration } from "#shared/integrations/integration";
import { newIntegration } from "#shared/integrations/new-integration";
import { type Id, idFrom } from "#shared/runtime/ids";

let made = 0;

/** An integration that is younger than all before it. */
const an = (name: string, fields: Partial<StoredIntegration> = {}): StoredIntegration => ({
  ...newIntegration({
    id: idFrom("int", Date.parse("2026-03-04T05:06:00Z") + made++, new Uint8Array(10)),
    bot_id: "bot_1",
    name,
    type: "webhook",
    at: "2026-03-04T05:06:00.000Z",
  }),
  ...fields,
});

const namesFor = (integrations: readonly StoredIntegration[], messageId: Id<"msg"> = "msg_1") =>
  chooseBackends(integrations, messageId, { now: 0 }).map(({ name }) => name);

/** How often each is drawn first in so many messages. */
function draws(integrations: readonly StoredIntegration[], count = 10_000) {
  const counts = new Map<string | undefined, number>();
  for (let message = 0; message < count; message++) {
    const [first] = namesFor(integrations, `msg_${message}`);
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  return counts;
}

const echo = an("echo", { type: "echo" });

describe("chooseBackends", () => {
  describe("draws by weight", () => {
    it.each([
      [3, 1, 7_500],
      [1, 3, 2_500],
      [1, 1, 5_000],
      [0.3, 0.1, 7_500],
      [750, 250, 7_500],
      [95, 5, 9_500],
    ])("%d to %d in 10,000 messages within 2 %", (one, other, expected) => {
      const counts = draws([an("one", { weight: one }), an("other", { weight: other })]);
      expect(Math.abs((counts.get("one") ?? 0) - expected)).toBeLessThan(150);
      expect((counts.get("one") ?? 0) + (counts.get("other") ?? 0)).toBe(10_000);
    });

    it("three at 2:1:1", () => {
      const counts = draws([an("a", { weight: 2 }), an("b"), an("c")]);
      expect(counts.get("a")! / 10_000).toBeCloseTo(0.5, 1);
      expect(counts.get("b")! / 10_000).toBeCloseTo(0.25, 1);
      expect(counts.get("c")! / 10_000).toBeCloseTo(0.25, 1);
    });

    it("the very small beside the very large without ever drawing none", () => {
      const counts = draws([an("huge", { weight: 1_000 }), an("tiny", { weight: 0.000001 })]);
      expect(counts.get(undefined)).toBeUndefined();
      expect(counts.get("huge")).toBeGreaterThan(9_990);
    });

    it("twenty equal ones, each of them", () => {
      const all = Array.from({ length: 20 }, (_, index) => an(`n${index}`, { weight: 0.1 }));
      const counts = draws(all);
      expect(counts.size).toBe(20);
      for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(100);
    });
  });

  it("draws the same for a message each time, so that a repeat after a crash asks the same one", () => {
    const all = [an("a"), an("b"), an("c")];
    for (let message = 0; message < 100; message++) {
      expect(namesFor(all, `msg_${message}`)).toEqual(namesFor([...all], `msg_${message}`));
    }
  });

  it("never draws what has the weight 0, and draws again when it has one", () => {
    const counts = draws([an("off", { weight: 0 }), an("on", { weight: 0.001 })], 1_000);
    expect([...counts]).toEqual([["on", 1_000]]);
    expect(namesFor([an("off", { weight: 0 })])).toEqual([]);
  });

  it("leaves out what is disabled, fallbacks too", () => {
    const all = [
      an("off", { status: "disabled", weight: 1_000 }),
      an("on"),
      an("off fallback", { status: "disabled", fallback: true }),
      an("on fallback", { fallback: true }),
    ];
    expect(namesFor(all)).toEqual(["on", "on fallback"]);
  });

  it("never draws a fallback, however heavy", () => {
    const all = [an("first", { weight: 0.001 }), an("spare", { fallback: true, weight: 1_000 })];
    expect([...draws(all, 1_000)]).toEqual([["first", 1_000]]);
  });

  it("puts the fallbacks behind the drawn one in order of creation, whatever their weight", () => {
    const oldest = an("oldest", { fallback: true, weight: 0 });
    const middle = an("middle", { fallback: true, weight: 5 });
    const youngest = an("youngest", { fallback: true });
    const main = an("main");
    expect(namesFor([youngest, main, oldest, middle])).toEqual([
      "main",
      "oldest",
      "middle",
      "youngest",
    ]);
  });

  it("begins with the fallbacks when there is nothing to draw", () => {
    const all = [an("one", { fallback: true }), an("two", { fallback: true })];
    expect(namesFor(all)).toEqual(["one", "two"]);
    expect(namesFor([an("off", { weight: 0 }), ...all])).toEqual(["one", "two"]);
  });

  describe("echo", () => {
    it("answers while the bot has nothing else", () => {
      expect(namesFor([echo])).toEqual(["echo"]);
    });

    it("answers while all others are disabled", () => {
      expect(namesFor([echo, an("off", { status: "disabled" })])).toEqual(["echo"]);
    });

    it.each([
      ["another", an("real"), ["real"]],
      ["another of the weight 0", an("real", { weight: 0 }), []],
      ["a fallback", an("real", { fallback: true }), ["real"]],
    ])("is silent as soon as there is %s", (_, other, names) => {
      expect(draws([echo, other], 200).has("echo")).toBe(false);
      expect(namesFor([echo, other])).toEqual(names);
    });

    it("is not even a fallback beside another", () => {
      const spare = an("spare echo", { type: "echo", fallback: true });
      expect(namesFor([an("real"), spare])).toEqual(["real"]);
      expect(namesFor([spare])).toEqual(["spare echo"]);
      expect(namesFor([echo, spare])).toEqual(["echo", "spare echo"]);
    });

    it("is silent when it is disabled or has the weight 0", () => {
      expect(namesFor([{ ...echo, status: "disabled" }])).toEqual([]);
      expect(namesFor([{ ...echo, weight: 0 }])).toEqual([]);
    });
  });

  it("answers with nobody when a bot has no integration", () => {
    expect(chooseBackends([], "msg_1", { now: 0 })).toEqual([]);
  });
});

describe("drawn", () => {
  it("is between 0 and 1, spreads evenly, and depends on nothing but what is given", () => {
    const numbers = Array.from({ length: 10_000 }, (_, index) => drawn("backend", `msg_${index}`));
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    for (let tenth = 0; tenth < 10; tenth++) {
      const count = numbers.filter((number) => Math.floor(number * 10) === tenth).length;
      expect(Math.abs(count - 1_000)).toBeLessThan(100);
    }
    expect(drawn("backend", "msg_1")).toBe(drawn("backend", "msg_1"));
    expect(drawn("backend", "msg_1")).not.toBe(drawn("delay", "msg_1"));
  });
});
