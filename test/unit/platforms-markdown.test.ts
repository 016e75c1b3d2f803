import { describe, expect, it } from "@jest/globals";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { codeRuns } from "#shared/platforms/markdown-code";
import { richMarkdown } from "#shared/platforms/telegram/rich-markdown";

describe("code in Markdown", () => {
  it.each([
    ["a `b` c", ["`b`"]],
    ["a ``b ` c`` d", ["``b ` c``"]],
    ["a ` b", []],
    ["a ` b `` c", []],
    ["a ` b\n\nc ` d", []],
    ["a ` b\nc ` d", ["` b\nc `"]],
    ["a \\`b` c`", ["` c`"]],
    ["a `b\\` c", ["`b\\`"]],
    ["```ts\na\n```\nb", ["```ts\n", "a\n", "```\n"]],
    ["~~~\n```\n~~~\nb", ["~~~\n", "```\n", "~~~\n"]],
    ["````\n```\n````", ["````\n", "```\n", "````"]],
    ["> ```\n> a\n> ```\n", ["> ```\n", "> a\n", "> ```\n"]],
    ["1. a\n   ```\n   b\n   ```\n", ["   ```\n", "   b\n", "   ```\n"]],
    ["``` a ` b\nc", []],
    ["```\na", ["```\n", "a"]],
  ])("of %j is %j", (markdown, code) => {
    const runs = codeRuns(markdown);
    expect(runs.map(({ text }) => text).join("")).toBe(markdown);
    expect(runs.filter(({ is_code }) => is_code).map(({ text }) => text)).toEqual(code);
  });
});

/** What a reader of GitHub's Markdown sees, by a parser of others, without what lies behind it. */
function seen(markdown: string): string {
  const words = (node: object): string => {
    if ("value" in node && "type" in node) return node.type === "html" ? "" : String(node.value);
    // What the parser gives is a tree of nodes.
    const children = "children" in node ? (node.children as object[]) : [];
    return children.map(words).join("|");
  };
  return words(
    fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }),
  );
}

describe("Markdown for Telegram", () => {
  it.each([
    ["It costs $5 or $10.", "It costs \\$5 or \\$10."],
    ["a || b", "a \\|\\| b"],
    ["a == b", "a \\=\\= b"],
    ["x < y and <b>bold</b>", "x \\< y and \\<b>bold\\</b>"],
    ["see <https://a.example/b>", "see https://a.example/b"],
    ["![a cat](https://a.example/c.png)", "[a cat](https://a.example/c.png)"],
    ["![](https://a.example/c.png)", "[https://a.example/c.png](https://a.example/c.png)"],
    ["![a][1]\n\n[1]: https://a.example", "[a][1]\n\n[1]: https://a.example"],
    ["wow![1]", "wow\\!\\[1]"],
    ["`$a || <b>` and $c", "`$a || <b>` and \\$c"],
    ["```sh\necho $HOME == ||\n```\n$", "```sh\necho $HOME == ||\n```\n\\$"],
    ["already \\$ and \\\\$", "already \\$ and \\\\\\$"],
    ["| a || b |\n|---|---|---|", "| a | | b |\n|---|---|---|"],
    ["**bold** _it_ ~~no~~ [t](https://a.example)", "**bold** _it_ ~~no~~ [t](https://a.example)"],
  ])("makes of %j %j", (markdown, rich) => {
    expect(richMarkdown(markdown)).toBe(rich);
  });

  it.each(["It costs $5 or $10, a || b == c.", "x < y", "`$a` and $b", "a\\$b"])(
    "changes nothing of what a reader of %j sees",
    (markdown) => {
      expect(seen(richMarkdown(markdown))).toBe(seen(markdown));
    },
  );
});
