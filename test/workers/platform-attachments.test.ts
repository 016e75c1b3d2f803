import { describe, expect, it } from "@jest/globals";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { useFileChat } from "#test/support/file-chat";
import { useSlack } from "#test/support/slack-channel";
import { openSlackChat } from "#test/support/slack-chat";
import { usePlatform } from "#test/support/test-platform";
import { message } from "../fixtures/slack/events.ts";

const platform = usePlatform();
const on = useFileChat(platform);
const slack = useSlack();
const store = useFakeBackend();

const replies = async ({ messages }: Pick<typeof on.chat, "messages">) =>
  (await messages()).filter(({ role }: { role: string }) => role === "assistant");

describe("An attachment of a reply", () => {
  it("goes out by Telegram's call for its kind, or as its name and link where it is not taken", async () => {
    const at = (name: string) => ({ name, url: `https://a.example/${name}` });
    const attachments = [
      { type: "image", ...at("cat.png") },
      { type: "file", ...at("report.pdf") },
      { type: "audio", ...at("song.mp3"), mime_type: "audio/mpeg" },
      { type: "audio", ...at("word.ogg"), mime_type: "audio/ogg" },
      { type: "video", ...at("film.mp4") },
    ];
    on.backend.answer(answers.json({ content: "Here:", attachments }));
    for (const method of ["sendPhoto", "sendVoice"]) {
      on.fake.refuse(method, { error_code: 400, description: "Bad Request: wrong type" });
    }
    await on.say({ text: "Show me" });
    const sent = on.fake.sent.map(({ method, params }) => {
      const { chat_id: _, reply_parameters: __, link_preview_options: ___, ...rest } = params;
      return [method, ...Object.values(rest)];
    });
    expect(sent).toEqual([
      ["sendRichMessage", { markdown: "Here:" }],
      ["sendMessage", "cat.png: https://a.example/cat.png"],
      ["sendDocument", "https://a.example/report.pdf"],
      ["sendAudio", "https://a.example/song.mp3"],
      ["sendMessage", "word.ogg: https://a.example/word.ogg"],
      ["sendVideo", "https://a.example/film.mp4"],
    ]);
    expect(await replies(on.chat)).toMatchObject([
      { content: "Here:", attachments, delivery: { status: "sent", error: null } },
    ]);
  });

  it.each(["file:///etc/passwd", " file:///etc/passwd", "AgACAgQAAxkDAAIB", "attach://a"])(
    "goes out as its name and address where that is none of the web, and Telegram is not asked to find %s",
    async (url) => {
      const attachments = [{ type: "file", name: "accounts", url }];
      on.backend.answer(answers.json({ content: "Here:", attachments }));
      await on.say({ text: "Show me" });
      expect(on.fake.sent.map(({ method, params }) => [method, params["text"]])).toEqual([
        ["sendRichMessage", undefined],
        ["sendMessage", `accounts: ${url}`],
      ]);
    },
  );

  it("is put where Slack has it, or goes out as its name and link where it cannot be had", async () => {
    store.answer(answers.json("a report"), answers.status(404));
    const attachments = ["report.json", "gone.json"].map((name) => ({
      type: "file",
      name,
      url: `${store.url}/${name}`,
    }));
    on.backend.answer(answers.json({ content: "Here:", attachments }));
    const chat = await openSlackChat(platform, slack.fake, {
      bot: { settings: { typing_indicator: false } },
      backend_url: on.backend.url,
    });
    await chat.tell(message());
    await platform.settle();
    expect(slack.fake.sent.map(({ params }) => params["markdown_text"] ?? params["text"])).toEqual([
      "Here:",
      undefined,
      `gone.json: ${store.url}/gone.json`,
    ]);
    expect([...slack.fake.uploads.values()]).toEqual([
      { filename: "report.json", length: 10, bytes: '"a report"' },
    ]);
    expect(await replies(chat)).toMatchObject([{ delivery: { status: "sent", error: null } }]);
  });
});
