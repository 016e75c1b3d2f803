import { describe, expect, it } from "@jest/globals";
import { answers, useFakeBackend } from "#test/support/fake-backend";
import { lost, words } from "#test/support/file-chat";
import { useSlack } from "#test/support/slack-channel";
import { openSlackChat } from "#test/support/slack-chat";
import { usePlatform } from "#test/support/test-platform";
import { file, inChannel, mention, message } from "../fixtures/slack/events.ts";

const platform = usePlatform();
const slack = useSlack();
const backend = useFakeBackend(answers.json({ content: "I see." }));

const open = () =>
  openSlackChat(platform, slack.fake, {
    bot: { settings: { typing_indicator: false } },
    backend_url: backend.url,
  });

const image = { type: "image_url", image_url: { url: expect.any(String) } };
const report = {
  type: "file",
  file: { url: expect.any(String), name: "report.pdf", mime_type: "application/pdf" },
};

/** A file that Slack has, as messages bring it. */
function has(name: string, type: string, bytes = Buffer.from(name)) {
  slack.fake.files.set(name, { bytes, type });
  return named(name, type, new URL(`/files-pri/${name}`, slack.fake.url).href);
}
const named = (name: string, mimetype: string, url_private_download: string) =>
  file({ name, mimetype, url_private_download });

const asked = () =>
  backend.requests.map(({ body }) =>
    JSON.parse(body).messages.map(({ content }: { content: unknown }) => content),
  );

describe("Files of a message on Slack", () => {
  it("reach the backend, each where it can be had", async () => {
    const chat = await open();
    const files = [
      has("cat.png", "image/png"),
      has("large.pdf", "application/pdf", Buffer.alloc(20 * 1_048_576 + 1)),
      has("report.pdf", "application/pdf"),
      named("secret.pdf", "application/pdf", `${backend.url}/secret.pdf`),
      file({ mode: "tombstone", name: "gone.pdf" }),
    ];
    await chat.tell(message({ text: "Look", subtype: "file_share", files }));
    await platform.settle();
    const content = [
      words("Look"),
      image,
      lost("It is larger than 20 MiB.", "large.pdf"),
      report,
      lost("It is not kept at a place of the platform.", "secret.pdf"),
      lost("It was deleted.", "gone.pdf"),
    ];
    expect(asked()).toEqual([[content]]);
    expect((await chat.messages())[0].content).toEqual(content);
    expect(backend.requests.map(({ path }) => path)).toEqual(["/"]);
  });

  it("say which right is missing where Slack shows its page to sign in", async () => {
    const chat = await open();
    const files = [has("cat.png", "image/png")];
    slack.fake.files.clear();
    await chat.tell(message({ text: "Look", subtype: "file_share", files }));
    await platform.settle();
    expect(asked()).toEqual([[[words("Look"), expect.anything()]]]);
    expect(asked()[0][0][1].text).toContain("the app lacks the scope files:read");
  });

  it("lack a right that the channel says is missing, until one can be fetched", async () => {
    const chat = await open();
    let sent = 0;
    const ts = () => `${1_796_000_000 + ++sent}.000100`;
    const bring = async (name: string) => {
      const files = [has(name, "image/png")];
      await chat.tell(message({ ts: ts(), subtype: "file_share", files }));
      if (name === "lost.png") slack.fake.files.delete(name);
      await platform.settle();
    };
    await bring("cat.png");
    expect(await chat.channel()).toMatchObject({ status_reason: null, health: { ok: true } });
    await bring("lost.png");
    const missing = expect.stringContaining("lacks the scope files:read");
    expect(await chat.channel()).toMatchObject({
      status: "connected",
      status_reason: missing,
      health: { ok: false, problems: [{ code: "missing_scope", message: missing }] },
    });
    await chat.tell(message({ ts: ts(), text: "Hello" }));
    await platform.settle();
    expect((await chat.channel()).status_reason).toEqual(missing);
    await bring("dog.png");
    expect(await chat.channel()).toMatchObject({ status_reason: null, health: { ok: true } });
  });

  it("that somebody put into a thread are there when the bot is asked about them", async () => {
    const chat = await open();
    const thread_ts = "1796000000.000100";
    const files = [has("report.pdf", "application/pdf")];
    const posted = { ts: thread_ts, text: "Our report", subtype: "file_share", files };
    await chat.tell(inChannel(posted));
    await platform.settle();
    expect(backend.requests).toEqual([]);
    const question = { text: "<@U0BOT> Sum this up", ts: "1796000002.000100", thread_ts };
    await chat.tell(mention(question));
    await platform.settle();
    expect(asked()).toEqual([[[words("Our report"), report], "Sum this up"]]);
  });
});
