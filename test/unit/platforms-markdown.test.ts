import { describe, expect, it } from "@jest/globals";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { codeRuns } from "#shared/markdown/code";
import { adapter } from "#shared/platforms/discord/adapter";
import { discordMarkdown } from "#shared/platforms/discord/markdown";
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
    ["> ```\n> a\nb ![](c)", ["> ```\n", "> a\n"]],
    [">  > ```\n > > a\nb\n```\nc", [">  > ```\n", " > > a\n", "```\n", "c"]],
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
    ["no row ||\n  | a || b ||| c |", "no row \\|\\|\n  | a | | b | | | c |"],
    ["![a ![b](https://a.example)", "\\!\\[a [b](https://a.example)"],
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

describe("Markdown for Discord", () => {
  const table =
    "| Name | Price |\n|:-----|------:|\n| **Tea** | 2 |\n| `Coffee` | [3](https://a.example) |";
  const block =
    "```\nName   | Price\n-------|----------------------\nTea    | 2\nCoffee | 3 (https://a.example)\n```";

  it.each([
    ["**bold** _it_ ~~no~~ [t](https://a.example) ||x||", undefined],
    ["# One\n## Two\n### Three", undefined],
    ["#### Four\n##### Five `code` #####\n  ###### **Six**", "**Four**\n**Five `code`**\n**Six**"],
    ["#### In C#\n####no\n#### ", "**In C#**\n####no\n"],
    ["    #### code", undefined],
    ["see ![a cat](https://a.example/c.png)!", "see [a cat](https://a.example/c.png)!"],
    ["![](https://a.example/c.png)", "https://a.example/c.png"],
    ["\\![a](b) and wow! [t](u)", undefined],
    ["see [https://a.example/b](https://a.example/b).", "see https://a.example/b."],
    ["[https://a.example](<https://a.example/>)", "https://a.example/"],
    [
      '![a cat](https://a.example/c.png "Tom") [](https://a.example)',
      '[a cat](https://a.example/c.png "Tom") https://a.example',
    ],
    ["[a.example](https://a.example)", undefined],
    ["[our https://a.example](https://b.example)!", "our https://a.example (https://b.example)!"],
    ["[https://a.example/b_(c)](https://a.example/b_(c))", "https://a.example/b_(c)"],
    ["![https://a.example/c.png](https://a.example/c.png)", "https://a.example/c.png"],
    ["`[https://a.example](https://a.example)` \\[https://a.example](b)", undefined],
    ["handlers[name](name), [](int x) { } and [README.md](README.md)", undefined],
    ['![a](https://a.example/c.png "b (c)")', '[a](https://a.example/c.png "b (c)")'],
    ["![a](https://a.example/c_((d)).png)", "[a](https://a.example/c_((d)).png)"],
    ["`![a](b)` and `#### a`", undefined],
    ["```md\n#### a\n![a](b)\n| a | b |\n|---|---|\n```", undefined],
    [table, block],
    [`Prices:\n\n${table}\n\nEnjoy!`, `Prices:\n\n${block}\n\nEnjoy!`],
    [`\`\`\`\na\n\`\`\`\n${table}`, `\`\`\`\na\n\`\`\`\n${block}`],
    ["a | b\n--|--\n1 | 2\n", "```\na | b\n--|--\n1 | 2\n```\n"],
    ["| a | b |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |", "```\na | b\n--|--\n1\n1 | 2\n```"],
    ["| a \\| b | c |\n|---|---|\n| 日本 | 🙂 |", "```\na | b | c\n------|--\n日本    | 🙂\n```"],
    ["| `__a__` | **b** |\n|---|---|", "```\n__a__ | b\n------|--\n```"],
    ["| a | b |\n|---|\n| 1 | 2 |", undefined],
    ["a | b\nno table", undefined],
    ["|", undefined],
  ])("makes of %j %j", (markdown, made) => {
    expect(discordMarkdown(markdown)).toBe(made ?? markdown);
  });

  it("is one table on both sides of a cut", () => {
    const rows = Array.from({ length: 300 }, (_, row) => `| ${row} | word |`);
    const pieces = adapter.pieces({
      text: ["| a | b |", "|---|---|", ...rows].join("\n"),
      attachments: [],
    });
    expect(pieces.length).toBeGreaterThan(1);
    for (const piece of pieces) {
      expect(piece.type === "text" && piece.text).toMatch(/^```\n[^`]*\n```$/);
    }
  });
});
