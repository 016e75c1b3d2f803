import { createWhatsAppAdapter } from "@chat-adapter/whatsapp";
import { describe, expect, it } from "@jest/globals";
import { whatsAppText } from "#shared/platforms/whatsapp/text";
import { answers, useFakeBackend } from "../support/fake-backend.ts";

describe("Markdown for WhatsApp", () => {
  it.each([
    ["**bold** and __bold__", "*bold* and *bold*"],
    ["*italic* and _italic_", "_italic_ and _italic_"],
    ["~~gone~~ and ~gone~", "~gone~ and ~gone~"],
    ["***both*** and **a *b* c**", "_*both*_ and *a _b_ c*"],
    ["*a **b***", "_a *b*_"],
    ["**a** **b**, *c*.", "*a* *b*, _c_."],
    ["**two\nlines**", "*two\nlines*"],
    ["**one\n\ntwo**", "**one\n\ntwo**"],
    ["这是**粗体**文字", "这是*粗体*文字"],
    ["2*3*4 = 24, 2**3**2 and 5 * 3 * 2", "2*3*4 = 24, 2**3**2 and 5 * 3 * 2"],
    ["snake_case_name and __init__.py", "snake_case_name and *init*.py"],
    ["**open and *so", "**open and *so"],
    ["**a*", "*_a_"],
    ["a ** b ** c", "a ** b ** c"],
    ["***", "***"],
    ["\\*not italic\\* and \\_so", "*not italic* and _so"],
    ["C:\\dir and 1\\. no list", "C:\\dir and 1. no list"],

    ["# Heading", "*Heading*"],
    ["### A **bold** and *fine* `one` ###", "*A bold and _fine_ `one`*"],
    ["## C# and #", "*C# and*"],
    ["#hash and # in the middle", "#hash and # in the middle"],
    ["#\n## \nText", "#\n\nText"],
    ["Text\n# Heading\nText", "Text\n*Heading*\nText"],

    ["[ours](https://a.example)", "ours (https://a.example)"],
    ["[**ours**](https://a.example/x_y_z)", "*ours* (https://a.example/x_y_z)"],
    ['[ours](https://a.example "A title")', "ours (https://a.example)"],
    ["[ours](<https://a.example/b>)", "ours (https://a.example/b)"],
    ["[`f()`](https://a.example)", "`f()` (https://a.example)"],
    ["[W](https://w.example/A_(b)) [V](u)", "W (https://w.example/A_(b)) V (u)"],
    ["[https://a.example](https://a.example)", "https://a.example"],
    ["![A cat](https://a.example/c.png)", "A cat (https://a.example/c.png)"],
    ["![](https://a.example/c.png)", "https://a.example/c.png"],
    ["<https://a.example/*b*>", "https://a.example/*b*"],
    ["https://a.example/_x_/__y__?a=~~b~~", "https://a.example/_x_/__y__?a=~~b~~"],
    ["**https://a.example**", "*https://a.example*"],
    ["[a] (b) and [c][1]", "[a] (b) and [c][1]"],

    ["* one\n* two\n  * three", "- one\n- two\n  - three"],
    ["+ one\n- two", "- one\n- two"],
    ["* **bold** item\n* *fine* item", "- *bold* item\n- _fine_ item"],
    ["* open **one\n* two**", "- open **one\n- two**"],
    ["1. one\n2. **two**", "1. one\n2. *two*"],
    ["> quoted **so**", "> quoted *so*"],

    ["Say `**a** [b](c)` now", "Say `**a** [b](c)` now"],
    ["**see `x` now**", "*see `x` now*"],
    [
      "```ts\nconst a = **b**;\n# no heading\n```\n**c**",
      "```\nconst a = **b**;\n# no heading\n```\n*c*",
    ],
    ["~~~python\n* a\n~~~", "```\n* a\n```"],
    ["````md\n```\n**a**\n```\n````", "```\n```\n**a**\n```\n```"],
    ["```\n**open", "```\n**open\n```"],
    ["- item\n  ```sh\n  ls *\n  ```", "- item\n  ```\n  ls *\n  ```"],

    ["", ""],
  ])("makes of %j %j", (markdown, written) => {
    expect(whatsAppText(markdown)).toBe(written);
  });

  it("keeps what stands for what it keeps apart", () => {
    expect(whatsAppText("\uE0000\uE001 and \uE0009\uE001")).toBe("\uE0000\uE001 and \uE0009\uE001");
  });

  it("comes to an end with text that is made to take long", () => {
    const long = 40_000;
    for (const part of [
      "**a ",
      "*a* ",
      "_a",
      "[",
      "[a](",
      "![a](b(",
      "<https://",
      "\\*",
      "`a",
      "| a ",
      "~~a ",
    ]) {
      const markdown = part.repeat(long);
      expect(whatsAppText(markdown).length).toBeGreaterThan(long / 2);
    }
  });
});

describe("beside an adapter of others", () => {
  const backend = useFakeBackend(answers.json({ messages: [{ id: "wamid.1" }] }));
  const silent = () => {};
  const logger = { child: () => logger, debug: silent, info: silent, warn: silent, error: silent };

  const written = async (markdown: string) => {
    const other = createWhatsAppAdapter({
      accessToken: "EAA",
      apiUrl: backend.url,
      appSecret: "secret",
      phoneNumberId: "1",
      verifyToken: "token",
      logger,
    });
    await other.postMessage("whatsapp:1:16505551234", { markdown });
    return String(JSON.parse(backend.requests.at(-1)?.body ?? "").text.body);
  };

  it.each([
    "Plain words.",
    "**bold** and *italic*",
    "***both***",
    "**a *b* c**",
    "~~gone~~",
    "# Heading",
    "## A **bold** heading",
    "- one\n- two",
    "snake_case",
    "```\nconst a = b;\n```",
    "> quoted **so**",
    "1. one\n2. two",
    "One.\n\nTwo **bold**.",
  ])("writes %j as that does", async (markdown) => {
    expect(whatsAppText(markdown)).toBe(await written(markdown));
  });

  it.each([
    ["[t](https://a.example)", "theirs stays Markdown, which WhatsApp does not read"],
    ["```ts\na\n```", "theirs keeps the language, which WhatsApp shows"],
    ["2*3*4", "theirs adds backslashes, which WhatsApp shows"],
    ["Say `**a**` now", "theirs changes code"],
    ["```\nconst a = **b**;\n```", "as above"],
    ["---", "theirs draws a line"],
  ])("writes %j otherwise: %s", async (markdown) => {
    expect(whatsAppText(markdown)).not.toBe(await written(markdown));
  });
});
