import { describe, expect, it } from "@jest/globals";
import { BoundedMap } from "#shared/runtime/bounded-map";
import { idFrom, idPattern, newId, newToken } from "#shared/runtime/ids";
import { createMint } from "#shared/runtime/mint";

const now = Date.parse("2026-03-04T05:06:07.008Z");
const bytes = (fill: number) => new Uint8Array(10).fill(fill);

describe("An id", () => {
  it("is its prefix and 26 characters of lower-case Crockford base32", () => {
    expect(newId("bot")).toMatch(/^bot_[0-9a-hjkmnp-tv-z]{26}$/);
    expect(idFrom("conv", 0, bytes(0))).toBe(`conv_${"0".repeat(26)}`);
    // The largest time and number that a ULID holds, https://github.com/ulid/spec.
    expect(idFrom("conv", 2 ** 48 - 1, bytes(255))).toBe("conv_7zzzzzzzzzzzzzzzzzzzzzzzzz");
    // A ULID of the specification's own example time.
    expect(idFrom("msg", 1_469_918_176_385, bytes(0)).slice(4, 14)).toBe("01aryz6s41");
  });

  it("sorts by time, to the millisecond, whatever the rest", () => {
    const times = [0, 1, 31, 32, 1_023, 1_024, now, now + 1, now + 1_000, 2 ** 48 - 1];
    const ids = times.map((time, index) => idFrom("msg", time, bytes(index % 2 === 0 ? 255 : 0)));
    expect(ids.toSorted()).toEqual(ids);
  });

  it("is new each time, as a token is", () => {
    const made = Array.from({ length: 5_000 }, () => [newId("msg", now), newToken()]).flat();
    expect(new Set(made).size).toBe(made.length);
    expect(new Set(made.map((one) => one.slice(-6))).size).toBeGreaterThan(9_900);
  });

  it("differs in every bit of its random part", () => {
    const ids = new Set([idFrom("msg", now, bytes(0))]);
    for (let bit = 0; bit < 80; bit++) {
      const random = bytes(0);
      random[Math.floor(bit / 8)] = 1 << (bit % 8);
      ids.add(idFrom("msg", now, random));
    }
    expect(ids.size).toBe(81);
  });

  it("is told by its pattern from what is none", () => {
    const pattern = idPattern("bot");
    expect(pattern.test(newId("bot"))).toBe(true);
    const id = newId("bot");
    const wrong = [
      newId("conv"),
      id.toUpperCase(),
      id.slice(0, -1),
      `${id}0`,
      `${id}\n`,
      `bot_8${id.slice(5)}`,
      `bot_0${"i".repeat(25)}`,
      `bot_0${"u".repeat(25)}`,
      "bot_",
      "",
    ];
    expect(wrong.filter((text) => pattern.test(text))).toEqual([]);
  });

  it("is never the same twice, nor is a token", () => {
    expect(new Set(Array.from({ length: 1_000 }, () => newId("bot", now))).size).toBe(1_000);
    expect(new Set(Array.from({ length: 1_000 }, newToken)).size).toBe(1_000);
  });
});

describe("A mint", () => {
  const seed = new Uint8Array(32).fill(7);

  it("makes the same ids and secrets, in the order of asking, for one seed and start", () => {
    const make = () => {
      const mint = createMint(now, seed);
      return [mint.id("bot"), mint.id("int"), Buffer.from(mint.bytes()).toString("hex"), mint.now];
    };
    expect(make()).toEqual(make());
    expect(make()[3]).toBe(now);
  });

  it("makes something else each time it is asked, and for another seed", () => {
    const mint = createMint(now, seed);
    const other = createMint(now, new Uint8Array(32).fill(8));
    const made = [mint.id("bot"), mint.id("bot"), mint.id("bot"), other.id("bot")];
    expect(new Set(made).size).toBe(4);
    expect(mint.bytes()).toHaveLength(32);
  });

  it("makes one id of its own for a prefix, which moves no other", () => {
    const [mint, other] = [createMint(now, seed), createMint(now, seed)];
    const first = mint.onlyId("aud");
    expect(mint.id("bot")).toBe(other.id("bot"));
    expect([mint.onlyId("aud"), other.onlyId("aud")]).toEqual([first, first]);
    expect(mint.onlyId("req").slice(4)).not.toBe(first.slice(4));
    expect(createMint(now, new Uint8Array(32).fill(8)).onlyId("aud")).not.toBe(first);
  });

  it("makes ids of its start", () => {
    expect(createMint(now, seed).id("bot").slice(0, 14)).toBe(
      idFrom("bot", now, bytes(0)).slice(0, 14),
    );
  });

  it("makes what nobody made before when it has no seed", () => {
    const [mint, other] = [createMint(now), createMint(now)];
    const made = [mint, other].flatMap((one) => [one.id("aud"), one.onlyId("aud"), one.id("aud")]);
    expect(new Set(made).size).toBe(6);
    expect(mint.bytes()).toHaveLength(32);
    expect(mint.bytes()).not.toEqual(mint.bytes());
  });

  it("makes one id for a prefix without a seed, too", () => {
    const mint = createMint(now);
    const first = mint.onlyId("aud");
    expect(mint.onlyId("aud")).toBe(first);
    expect(mint.onlyId("req").slice(4)).not.toBe(first.slice(4));
    expect(first.slice(4, 14)).toBe(idFrom("bot", now, bytes(0)).slice(4, 14));
  });
});

describe("A bounded map", () => {
  it("forgets what was set longest ago when it is full", () => {
    const map = new BoundedMap<string, number>(2);
    map.set("a", 1);
    map.set("b", 2);
    map.set("a", 3);
    map.set("c", 4);
    expect([map.get("a"), map.get("b"), map.get("c")]).toEqual([3, undefined, 4]);
  });
});
