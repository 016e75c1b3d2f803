import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import type { AdapterDeps } from "#shared/platforms/adapter";
import { platforms } from "#shared/platforms/catalogue";
import type { Attachment } from "#shared/schema/content";
import { channels, ts } from "../fixtures/slack/events.ts";
import { answers, type FakeBackend, startFakeBackend } from "../support/fake-backend.ts";
import type { FakeSlack } from "../support/fake-slack.ts";
import { deliver, plainPiece } from "../support/platform-case.ts";
import { slack } from "../support/slack-case.ts";

const { adapter, channel } = slack;
const { credentials } = channel;
const safeFetch = createSafeFetch({ allowPrivate: () => true });

let fake: FakeSlack;
let deps: AdapterDeps;
beforeEach(async () => {
  fake = await slack.start();
  const { signal } = new AbortController();
  const clock = () => Date.UTC(2026, 10, 29);
  deps = { fetch: safeFetch, base_url: fake.url, clock, signal };
});
afterEach(async () => {
  await fake.close();
  expect(fake.mistakes).toEqual([]);
});

const inThread = { channel: channels.public, thread_ts: ts };
const direct = { channel: channels.direct };
const quiet = { unfurl_links: false, unfurl_media: false };
const say = (text: string, attachments: readonly Attachment[] = [], address: object = inThread) =>
  deliver(slack, deps, { reply: { text, attachments }, address: { ...address } });

describe("a reply on Slack", () => {
  it("is Markdown in the thread, and brings back its id", async () => {
    expect(await say("**Hi** there")).toEqual([{ ok: true, id: "1796000000.000100" }]);
    expect(fake.sent.map(({ params }) => params)).toEqual([
      { ...inThread, markdown_text: "**Hi** there", ...quiet },
    ]);
  });

  it("has no thread in a direct message", async () => {
    await say("Hi", [], direct);
    expect(fake.sent[0]?.params).toEqual({ ...direct, markdown_text: "Hi", ...quiet });
  });

  it("calls nobody that a model names", async () => {
    await say("<!channel> and <!subteam^S0A>, not <@U0ADA>");
    expect(fake.sent[0]?.params["markdown_text"]).toBe(
      "&lt;!channel> and &lt;!subteam^S0A>, not <@U0ADA>",
    );
  });

  it.each(["`<!here>`", "> ```\n> <!channel>", "    ```\n<!everyone|all>", "~~~\n<!subteam^S0A>"])(
    "calls nobody in what may be code or not, and looks as it was written: %j",
    async (text) => {
      await say(text);
      const said = String(fake.sent[0]?.params["markdown_text"]);
      expect(said).not.toContain("<!");
      expect(said.replaceAll("\u2060", "")).toBe(text);
    },
  );

  it("leaves other code as it is", async () => {
    const code = "```html\n<!DOCTYPE html><!doctype html><!-- a -->\n```";
    await say(code);
    expect(fake.sent[0]?.params["markdown_text"]).toBe(code);
  });

  it("is split at what Slack takes, also where the marks make it longer", async () => {
    await say("<!x ".repeat(2_900));
    const lengths = fake.sent.map(({ params }) => String(params["markdown_text"]).length);
    expect(lengths.length).toBe(2);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(12_000);
  });

  it("goes as plain words in parts when Markdown is refused", async () => {
    fake.refuse("chat.postMessage", { error: "invalid_blocks" });
    const sent = await say("*1* < 2 & <!channel> ".repeat(200));
    expect(sent).toMatchObject([{ ok: true }, { ok: true }]);
    expect(fake.sent[0]?.params).toEqual({
      ...inThread,
      text: expect.stringMatching(/^\*1\* &lt; 2 &amp; &lt;!channel&gt; /),
      mrkdwn: false,
      ...quiet,
    });
  });

  it.each(["cannot_reply_to_message", "invalid_thread_ts", "thread_not_found"])(
    "goes into the channel when Slack says %s, and the rest with it",
    async (error) => {
      fake.refuse("chat.postMessage", { error });
      const [first, second] = await say("word ".repeat(4_000));
      expect(first).toMatchObject({ ok: true, address: { channel: channels.public } });
      expect(second).toMatchObject({ ok: true });
      expect(fake.sent.map(({ params }) => params["thread_ts"])).toEqual([undefined, undefined]);
    },
  );

  it("is refused when Slack says that also without a thread", async () => {
    fake.refuse("chat.postMessage", { error: "thread_not_found" });
    fake.refuse("chat.postMessage", { error: "thread_not_found" });
    const outgoing = { address: inThread, piece: plainPiece("a"), tag: "t" };
    expect(await adapter.send(deps, credentials, outgoing)).toMatchObject({
      ok: false,
      class: "refused",
      code: "thread_not_found",
    });
    expect(fake.calls.length).toBe(2);
  });

  it("is sent once when its answer is lost: whether to repeat it is for the worker to say", async () => {
    fake.misbehave(answers.resetBeforeHeaders());
    expect(await say("a")).toMatchObject([{ ok: false, class: "retry", code: "network" }]);
    expect(fake.calls).toEqual([]);
  });

  it("says what is missing in words that help", async () => {
    fake.refuse("chat.postMessage", { error: "missing_scope", needed: "chat:write" });
    expect(await say("a")).toMatchObject([
      {
        class: "configuration",
        message:
          "Slack: missing_scope. The app lacks a scope. Add it under OAuth & Permissions and install the app again. (chat:write)",
      },
    ]);
  });
});

describe("while an answer is made on Slack", () => {
  it("the thread shows it", async () => {
    expect(await adapter.typing?.(deps, credentials, inThread)).toEqual({ ok: true });
    expect(fake.calls).toMatchObject([
      {
        name: "assistant.threads.setStatus",
        params: { channel_id: channels.public, thread_ts: ts, status: "is thinking…" },
      },
    ]);
  });

  it("a message that is taken back stands in where there is no thread", async () => {
    expect(await adapter.typing?.(deps, credentials, direct)).toMatchObject({ code: "no_thread" });
    expect(fake.calls).toEqual([]);
    const [sent] = await say("Thinking…", [], direct);
    const id = sent?.ok ? (sent.id ?? "") : "";
    const remove = () => adapter.remove?.(deps, credentials, { address: direct, id });
    expect(await remove()).toEqual({ ok: true });
    expect(fake.calls.at(-1)).toEqual({ name: "chat.delete", params: { ...direct, ts: id } });
    fake.sent.length = 0;
    expect(await remove()).toEqual({ ok: true });
    fake.refuse("chat.delete", { error: "cant_delete_message" });
    expect(await remove()).toMatchObject({ ok: false, class: "refused" });
  });
});

describe("a file that goes to Slack", () => {
  let host: FakeBackend;
  beforeEach(async () => {
    host = await startFakeBackend();
    host.answer((_, response) => {
      response.writeHead(200, { "content-type": "application/pdf" }).end("%PDF-1.7");
    });
  });
  afterEach(() => host.close());
  const attachment = (fields: Partial<Attachment> = {}): Attachment => ({
    type: "file",
    url: `${host.url}/files/report%20one.pdf?signature=1`,
    name: undefined,
    mime_type: undefined,
    ...fields,
  });
  const link = () => fake.sent.map(({ params }) => params["text"]);

  it("is put there and shared in the thread", async () => {
    expect(await say("", [attachment({ name: "report.pdf" })])).toEqual([{ ok: true, id: null }]);
    expect(fake.calls).toEqual([
      { name: "files.getUploadURLExternal", params: { filename: "report.pdf", length: "8" } },
      {
        name: "files.completeUploadExternal",
        params: {
          files: [{ id: "F00", title: "report.pdf" }],
          channel_id: channels.public,
          thread_ts: ts,
        },
      },
    ]);
    expect(fake.uploads.get("F00")?.bytes).toBe("%PDF-1.7");
  });

  it("has the name of its address when it has no other", async () => {
    await say("", [
      attachment(),
      attachment({ url: `${host.url}/%zz` }),
      attachment({ url: host.url }),
    ]);
    expect([...fake.uploads.values()].map(({ filename }) => filename)).toEqual([
      "report one.pdf",
      "%zz",
      "file",
    ]);
  });

  it("is shared in the channel when the thread is gone", async () => {
    fake.refuse("files.completeUploadExternal", { error: "invalid_thread_ts" });
    expect(await say("", [attachment()])).toMatchObject([
      { ok: true, address: { channel: channels.public } },
    ]);
    expect(fake.sent[0]?.params).not.toHaveProperty("thread_ts");
  });

  it.each([
    [
      "the scope for files is missing",
      () => fake.refuse("files.getUploadURLExternal", { error: "missing_scope" }),
    ],
    [
      "Slack does not take it",
      () => fake.refuse("files.completeUploadExternal", { error: "file_type_not_allowed" }),
    ],
    ["it is not there", () => host.answer(answers.status(404))],
    ["its server is down", () => host.answer(answers.resetBeforeHeaders())],
    ["it is empty", () => host.answer(answers.status(200))],
    ["it is too large", () => host.answer(answers.endlessBody(21 * 1_048_576))],
    [
      "there is a page to sign in instead of it",
      () => host.answer(answers.html("<h1>Sign in</h1>")),
    ],
    ["Slack says no place of its own", () => (fake.uploadUrl = `${host.url}/upload`)],
    ["Slack refuses its bytes", () => fake.refuse("upload", { status: 400 })],
  ])("is a link when %s", async (_, plan) => {
    plan();
    const file = attachment({ name: "report" });
    expect(await say("", [file])).toMatchObject([{ ok: true, id: expect.any(String) }]);
    expect(link()).toEqual([`report: ${file.url.replaceAll("&", "&amp;")}`]);
  });

  it("is tried again when Slack is down in the middle of it", async () => {
    fake.refuse("files.completeUploadExternal", { error: "internal_error" });
    expect(await say("", [attachment()])).toMatchObject([{ ok: false, class: "retry" }]);
    fake.refuse("upload", { status: 503 });
    expect(await say("", [attachment()])).toMatchObject([
      { ok: false, class: "retry", code: "503" },
    ]);
    expect(fake.sent).toEqual([]);
  });

  it("is fetched without the token of the bot", async () => {
    await say("", [attachment()]);
    expect(JSON.stringify(host.requests)).not.toContain(credentials.bot_token);
  });
});

describe("a file from Slack", () => {
  const fetched = (url = `${fake.url.slice(0, -4)}/files-pri/cat.png`, given = credentials) =>
    adapter.download(deps, given, { url, mime_type: "image/png" });

  it("is fetched with the token, with the type that the message said", async () => {
    fake.files.set("cat.png", { bytes: Buffer.from("png"), type: "binary/octet-stream" });
    expect(await fetched()).toEqual({
      ok: true,
      bytes: Buffer.from("png"),
      mime_type: "image/png",
    });
  });

  it("cannot be had without the scope, which the page to sign in tells", async () => {
    expect(await fetched()).toMatchObject({
      ok: false,
      class: "configuration",
      code: "missing_scope",
      message: expect.stringContaining("files:read"),
    });
  });

  it("is not fetched from elsewhere, so that the token goes nowhere", async () => {
    const other = await startFakeBackend();
    for (const url of [
      `${other.url}/a`,
      "https://slack.com.example/a",
      "http://files.slack.com/a",
      "",
    ]) {
      expect(await fetched(url)).toMatchObject({ ok: false, code: "wrong_host" });
    }
    fake.misbehave(answers.redirect(`${other.url}/a`));
    expect(await fetched()).toMatchObject({ ok: false, code: "wrong_host" });
    expect(other.requests).toEqual([]);
    await other.close();
  });

  it("is tried again when Slack is busy", async () => {
    fake.misbehave(answers.status(429, { "retry-after": "3" }));
    expect(await fetched()).toMatchObject({ ok: false, class: "retry", retry_after_ms: 3_000 });
  });
});

describe("a user of Slack", () => {
  const user = (profile: object, rest: object = {}) =>
    void fake.users.set("U0ADA", { id: "U0ADA", name: "ada", profile, ...rest });
  const found = (id = "U0ADA") => adapter.lookUpUser?.(deps, credentials, id);

  it("is called as people call each other there", async () => {
    user({ display_name: "Ada", real_name: "Ada Lovelace" });
    expect(await found()).toEqual({ name: "Ada", username: "ada" });
    user({ display_name: "", real_name: "Ada Lovelace" });
    expect(await found()).toEqual({ name: "Ada Lovelace", username: "ada" });
    user({}, { name: undefined });
    expect(await found()).toEqual({ name: null, username: null });
  });

  it("stays an id when Slack does not say", async () => {
    expect(await found("U0NOBODY")).toBeUndefined();
    fake.misbehave(answers.resetBeforeHeaders());
    expect(await found()).toBeUndefined();
  });
});

describe("connecting an app of Slack", () => {
  it("tells which scopes are missing", async () => {
    fake.scopes =
      "chat:write, im:history,app_mentions:read,channels:history,groups:history,mpim:history";
    const probed = await adapter.probe(deps, channel);
    expect(probed).toMatchObject({ ok: true, problems: [{ code: "missing_scope" }] });
    expect(JSON.stringify(probed)).toContain("files:read, files:write, users:read");
  });

  it.each([
    ["a rotating token", "xoxe.xoxb-1-MS0xLWFiYw", "rotating_token"],
    ["a refresh token", "xoxe-1-MS0xLWFiYw", "rotating_token"],
    ["a person's token", "xoxp-1-2-abc", "no_token"],
    ["an empty token", "", "no_token"],
    ["a token with a line after it", "xoxb-1-2-abc\n", "no_token"],
    ["a token with a header in it", "xoxb-1\r\nx: y", "no_token"],
  ])("refuses %s without a call, and names the field", async (_, bot_token, code) => {
    const wrong = { ...channel, credentials: { ...credentials, bot_token } };
    for (const call of [adapter.probe, adapter.connect]) {
      expect(await call(deps, wrong)).toMatchObject({
        ok: false,
        class: "disconnected",
        code,
        field: "bot_token",
      });
    }
    expect(fake.calls).toEqual([]);
  });

  it("is refused for a token that Slack does not know, and names the field", async () => {
    const wrong = { ...channel, credentials: { ...credentials, bot_token: "xoxb-1-2-abc" } };
    expect(await adapter.connect(deps, wrong)).toMatchObject({
      class: "disconnected",
      code: "invalid_auth",
      field: "bot_token",
    });
  });

  it("gives a manifest with all that messages need", () => {
    const { steps, manifest = "" } = adapter.setup(channel);
    expect(steps.length).toBe(4);
    const read = JSON.parse(manifest);
    expect(read.settings.event_subscriptions.request_url).toBe(channel.hook_url);
    expect(read.settings.event_subscriptions.bot_events.toSorted()).toEqual(
      "app_mention app_uninstalled message.channels message.groups message.im message.mpim tokens_revoked".split(
        " ",
      ),
    );
    expect(read.oauth_config.scopes.bot.toSorted()).toEqual(fake.scopes.split(",").toSorted());
    expect(read.features.app_home).toEqual({
      home_tab_enabled: false,
      messages_tab_enabled: true,
      messages_tab_read_only_enabled: false,
    });
    const { socket_mode_enabled, token_rotation_enabled } = read.settings;
    expect([socket_mode_enabled, token_rotation_enabled]).toEqual([false, false]);
    // https://docs.slack.dev/reference/app-manifest: how long names may be.
    expect(read.display_information.name.length).toBeLessThanOrEqual(35);
    expect(read.features.bot_user.display_name).toBe(read.display_information.name);
  });

  it("begins with the manifest of the page, which is the same without a place to call", async () => {
    const page = await readFile("shared/platforms/slack/README.md", "utf8");
    const [, first = ""] = /```json\n(.*?)```/s.exec(page) ?? [];
    const { settings, ...second } = JSON.parse(adapter.setup(channel).manifest ?? "");
    const { event_subscriptions: _, ...rest } = settings;
    expect(JSON.parse(first)).toEqual({ ...second, settings: rest });
  });

  it("is called where the environment says", () => {
    expect(platforms.slack.base_url).toEqual({
      variable: "SLACK_API_URL",
      default: "https://slack.com/api",
    });
  });
});
