import { describe, expect, it } from "@jest/globals";
import { fromMarkdown } from "mdast-util-from-markdown";
import { createDraws, type Draws } from "#lib/simulation/draws";
import { splitText } from "#shared/markdown/split-text";

const words: [string, ...string[]] = [
  "word",
  "a",
  "naïve",
  "👩‍👩‍👧‍👦",
  "é",
  "日本語",
  "x".repeat(30),
  "**bold**",
  "`code`",
  "==",
  "$5",
];
const markers: [string, ...string[]] = ["```", "~~~~", "```js", "````md"];

/** A text of paragraphs, long words, and blocks of code of all kinds. */
function aText(draws: Draws): string {
  const lines: string[] = [];
  const aLine = () => Array.from({ length: draws.whole(0, 11) }, () => draws.pick(words)).join(" ");
  for (let blocks = draws.whole(1, 8); blocks > 0; blocks -= 1) {
    if (draws.whole(0, 2) === 0) {
      const marker = draws.pick(markers);
      const code = Array.from(
        { length: draws.whole(0, 8) },
        () => " ".repeat(draws.whole(0, 3)) + aLine(),
      );
      lines.push(marker, ...code, /^[`~]+/.exec(marker)?.[0] ?? "");
    } else {
      lines.push(...Array.from({ length: draws.whole(1, 4) }, aLine));
    }
    lines.push(...Array.from({ length: draws.whole(0, 2) }, () => ""));
  }
  return lines.join("\n");
}

/** All that is neither space nor the marker of a block. */
const inkOf = (text: string) =>
  text
    .split("\n")
    .filter((line) => !/^\s*(`{3,}|~{3,})/.test(line))
    .join("")
    .replaceAll(/\s/g, "");

const codeOf = (text: string) =>
  fromMarkdown(text).children.flatMap((node) =>
    node.type === "code" ? [`${node.lang ?? ""}:${node.value.replaceAll(/\s/g, "")}`] : [],
  );

/** Blocks of code in a row that one was cut into, as one again. */
const joined = (blocks: readonly string[]) =>
  blocks.map((one) => one.replace(/^.*?:/, "")).join("");

const codePoints = (text: string) => Array.from(text).length;

describe("a text that is split", () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    "keeps limit, words, characters and blocks of code (seed %i)",
    (seed) => {
      for (let run = 0; run < 10; run += 1) {
        const draws = createDraws(seed, run);
        const text = aText(draws);
        const limit = draws.whole(60, 260);
        const measure = draws.chance(0.5) ? codePoints : (part: string) => part.length;
        const parts = splitText(text, { limit, measure });
        const wrong = parts.filter(
          (part) =>
            measure(part) > limit ||
            part.trim() === "" ||
            !part.isWellFormed() ||
            // The parser, which is another's, finds no end of a block: it would reach to the end.
            codeOf(`${part}\n\nafter`).some((code) => code.endsWith("after")),
        );
        const kept = [parts.map(inkOf).join(""), joined(parts.flatMap(codeOf))];
        expect({ run, limit, wrong, kept }).toEqual({
          run,
          limit,
          wrong: [],
          kept: [inkOf(text), joined(codeOf(text))],
        });
      }
    },
  );

  it("stays whole when it fits, as it is written", () => {
    expect(splitText("  a\n\nb  ", { limit: 8 })).toEqual(["  a\n\nb  "]);
    expect(splitText(" \n", { limit: 8 })).toEqual([]);
  });

  it.each([
    ["between paragraphs", "aaaa bbbb\ncc\n\ndddd eeee", 16, ["aaaa bbbb\ncc", "dddd eeee"]],
    ["else between lines", "aaaa bbbb\ndddd eeee", 12, ["aaaa bbbb", "dddd eeee"]],
    ["else between words", "aaaa bbbb cccc", 11, ["aaaa bbbb", "cccc"]],
    [
      "else between what readers take for characters",
      "e\u0301".repeat(4),
      5,
      ["e\u0301e\u0301", "e\u0301e\u0301"],
    ],
    ["in a grapheme that is too long between code points", "👩‍👩‍👧‍👦", 4, ["👩‍", "👩‍", "👧‍", "👦"]],
    [
      "not far from the limit for the sake of a paragraph",
      "a\n\nbbbb cccc dddd",
      12,
      ["a\n\nbbbb cccc", "dddd"],
    ],
    ["with the indentation of a line", "aaaaaaaa\n    - b", 12, ["aaaaaaaa", "    - b"]],
  ])("is cut %s", (_, text, limit, parts) => {
    expect(splitText(text, { limit })).toEqual(parts);
  });

  it("closes a block of code and opens it again as it was", () => {
    const text = "```ts\nconst a = 1;\nconst b = 2;\n```\nend";
    expect(splitText(text, { limit: 28 })).toEqual([
      "```ts\nconst a = 1;\n```",
      "```ts\nconst b = 2;\n```\nend",
    ]);
  });

  it("makes no empty block where it is cut at the end of one, or at its start", () => {
    expect(splitText("```\naaaaaa\nbbbbbb\n```\ncc", { limit: 21 })).toEqual([
      "```\naaaaaa\nbbbbbb\n```",
      "cc",
    ]);
    expect(splitText("aaaaaa\n```\nbbbbbb\n```", { limit: 16 })).toEqual([
      "aaaaaa",
      "```\nbbbbbb\n```",
    ]);
  });

  it("takes no longer than its length says for markers without end", () => {
    for (const text of ["`".repeat(30_000), "```\n".repeat(8_000), `\`\`\`${"x".repeat(30_000)}`]) {
      const parts = splitText(text, { limit: 4_096 });
      expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(4_096);
    }
  });
});
