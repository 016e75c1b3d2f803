import { expect, it, jest } from "@jest/globals";
import { shownWords } from "#shared/outbound/shown-words";

const secret = "sk-live-0123456789abcdef";

it("shows a stranger's words on one line, without secrets and cut", () => {
  const words = `No\n\tkey\u0000 ${secret}, nor its part: Bearer token-of-nine. ${"x".repeat(500)}`;
  expect(shownWords(words, [secret, "Bearer token-of-nine"], 60)).toBe(
    "No key ••••, nor its part: ••••. xxxxxxxxxxxxxxxxxxxxxxxxxx…",
  );
});

it.each([65_500, 65_520, 65_536, 65_540, 1_000_000])(
  "shows no part of a secret that comes after %i spaces",
  (spaces) => {
    const shown = shownWords(
      `${" ".repeat(spaces)}${secret}${" x".repeat(1_000_000)}`,
      [secret],
      300,
    );
    expect(shown).not.toContain("sk");
  },
);

it("reads no more of them than it may take to show some", () => {
  const from = jest.spyOn(Array, "from");
  const replace = jest.spyOn(String.prototype, "replace");
  shownWords(" a".repeat(1_000_000), [secret], 300);
  const read = [...from.mock.calls.map(([text]) => text), ...replace.mock.contexts].map((text) =>
    typeof text === "string" || text instanceof String ? text.length : 0,
  );
  from.mockRestore();
  replace.mockRestore();
  expect(read.filter((length) => length > 65_536)).toEqual([]);
  expect(read.length).toBeGreaterThanOrEqual(2);
});
