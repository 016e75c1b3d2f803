import { describe, expect, it } from "@jest/globals";
import { apiKeyFrom, hashApiKey, looksLikeApiKey } from "#shared/auth/api-key";
import { allows, Scope } from "#shared/auth/scopes";

const bytes = (fill: number) => new Uint8Array(32).fill(fill);

describe("An API key", () => {
  it("is sk_live_, 32 characters of base62 and a checksum of 6, made of its bytes alone", () => {
    for (const fill of [0, 1, 127, 255]) {
      const key = apiKeyFrom(bytes(fill));
      expect(key).toMatch(/^sk_live_[0-9A-Za-z]{32}[0-9A-Za-z]{6}$/);
      expect(apiKeyFrom(bytes(fill))).toBe(key);
      expect(looksLikeApiKey(key)).toBe(true);
    }
  });

  it("has more than 160 bits: any bit of the last 190 makes another key", () => {
    const keys = new Set(
      Array.from({ length: 190 }, (_, bit) => {
        const random = bytes(0);
        random[31 - Math.floor(bit / 8)] = 1 << (bit % 8);
        return apiKeyFrom(random);
      }),
    );
    expect(keys.size).toBe(190);
  });

  it("is none with one character changed, two swapped, one too few or too many", () => {
    const key = apiKeyFrom(Uint8Array.from({ length: 32 }, (_, index) => index * 7 + 3));
    const changed = Array.from(key, (character, place) =>
      ["0", "A", "z", "_", "-"]
        .filter((other) => other !== character)
        .map((other) => key.slice(0, place) + other + key.slice(place + 1)),
    ).flat();
    const swapped = Array.from({ length: 31 }, (_, index) => {
      const place = index + 8;
      return key.slice(0, place) + key.charAt(place + 1) + key.charAt(place) + key.slice(place + 2);
    }).filter((other) => other !== key);
    const wrong = [...changed, ...swapped, key.slice(0, -1), `${key}0`, `${key}\n`, ""];
    expect(wrong.filter(looksLikeApiKey)).toEqual([]);
  });

  it("is stored as its SHA-256 in hexadecimal", () => {
    expect(hashApiKey("abc")).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });
});

describe("Scopes", () => {
  it("allow what they name and nothing else, admin everything", () => {
    for (const needed of Scope.options) {
      expect(allows(["admin"], needed)).toBe(true);
      expect(allows([needed], needed)).toBe(true);
      expect(allows([], needed)).toBe(false);
      const others = Scope.options.filter((scope) => scope !== needed && scope !== "admin");
      expect(allows(others, needed)).toBe(false);
    }
  });
});
