import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createSafeFetch } from "#shared/outbound/safe-fetch";
import type { AdapterDeps } from "#shared/platforms/adapter";
import type { Attachment } from "#shared/schema/content";
import { supergroup } from "../fixtures/telegram/updates.ts";
import { answers, startFakeBackend } from "../support/fake-backend.ts";
import type { FakeTelegram } from "../support/fake-telegram.ts";
import { deliver, plainPiece } from "../support/platform-case.ts";
import { telegram } from "../support/telegram-case.ts";

const { adapter, channel } = telegram;
const { credentials } = channel;
const safeFetch = createSafeFetch({ allowPrivate: () => true });
const start = Date.UTC(2026, 10, 29);

let fake: FakeTelegram;
let deps: AdapterDeps;
let now: number;
beforeEach(async () => {
  fake = await telegram.start();
  now = start;
  const { signal } = new AbortController();
  deps = { fetch: safeFetch, base_url: fake.url, clock: () => now, signal };
});
afterEach(() => fake.close());

const topic = { chat_id: supergroup.id, message_id: 789, thread_id: 12 };
const say = (text: string, attachments: readonly Attachment[] = [], address: object = topic) =>
  deliver(telegram, deps, { reply: { text, attachments }, address: { ...address } });
const quoted = { reply_parameters: { message_id: 789, allow_sending_without_reply: true } };
const inTopic = { chat_id: supergroup.id, message_thread_id: 12 };

describe("a reply on Telegram", () => {
  it("is a rich message in the topic, quotes what it answers, and brings back its id", async () => {
    expect(await say("**Hi**, that is $5")).toEqual([{ ok: true, id: "1001" }]);
    const rich_message = { markdown: "**Hi**, that is \\$5" };
    expect(fake.sent).toEqual([
      { method: "sendRichMessage", params: { ...inTopic, ...quoted, rich_message } },
    ]);
  });

  it("quotes with its first part only, and splits at the limit as Telegram counts it", async () => {
    await say("🙂$".repeat(20_000));
    expect(fake.sent.map(({ params }) => "reply_parameters" in params)).toEqual([true, false]);
  });

  it.each([
    [400, "Bad Request: can't parse entities: unclosed"],
    [400, "Bad Request: unsupported block"],
    [400, "Bad Request: rich message is too long"],
    [400, "Bad Request: RICH_MESSAGE_INVALID"],
    [404, "Not Found: method not found"],
  ])(
    "goes as plain words in parts when rich ones are refused with %i %s",
    async (error_code, description) => {
      fake.refuse("sendRichMessage", { error_code, description });
      const sent = await say("word ".repeat(1_500));
      expect(sent).toEqual([
        { ok: true, id: "1001" },
        { ok: true, id: "1002" },
      ]);
      const [first, second] = fake.sent;
      expect(first).toEqual({
        method: "sendMessage",
        params: {
          ...inTopic,
          ...quoted,
          text: expect.any(String),
          link_preview_options: { is_disabled: true },
        },
      });
      expect(second?.params).not.toHaveProperty("reply_parameters");
    },
  );

  it("asks a server without rich messages again after an hour", async () => {
    fake.lacksRich = true;
    const tries = () => fake.calls.filter(({ name }) => name === "sendRichMessage").length;
    await say("a");
    now += 59 * 60_000;
    await say("b");
    expect([tries(), fake.sent.length]).toEqual([1, 2]);
    now += 2 * 60_000;
    fake.lacksRich = false;
    await say("c");
    expect([tries(), fake.sent.at(-1)?.method]).toEqual([2, "sendRichMessage"]);
  });

  it("is sent once when its answer is lost: whether to repeat it is for the worker to say", async () => {
    fake.misbehave(answers.resetBeforeHeaders());
    expect(await say("a")).toMatchObject([{ ok: false, class: "retry", code: "network" }]);
    expect(fake.calls).toEqual([]);
  });

  it("goes on in the supergroup that a group became, and tells it", async () => {
    fake.refuse("sendRichMessage", {
      error_code: 400,
      description: "Bad Request: group chat was upgraded to a supergroup chat",
      parameters: { migrate_to_chat_id: supergroup.id },
    });
    const sent = await say("a", [], { chat_id: -987_654, message_id: 789 });
    expect(sent).toEqual([
      {
        ok: true,
        id: "1001",
        address: { chat_id: supergroup.id, message_id: 789 },
        moved: { kind: "chat_moved", from_chat_id: "-987654", to_chat_id: "-1001234567890" },
      },
    ]);
  });

  it.each([
    ["message thread not found", { chat_id: supergroup.id, message_id: 789 }],
    ["TOPIC_DELETED", { chat_id: supergroup.id, message_id: 789 }],
    ["message to be replied not found", { chat_id: supergroup.id, thread_id: 12 }],
    ["message to reply not found", { chat_id: supergroup.id, thread_id: 12 }],
  ])("goes without what is gone when Telegram says: %s", async (words, address) => {
    fake.refuse("sendRichMessage", { error_code: 400, description: `Bad Request: ${words}` });
    expect(await say("a")).toEqual([{ ok: true, id: "1001", address }]);
    expect(fake.sent.length).toBe(1);
  });

  it("ends where Telegram keeps saying the same", async () => {
    const address = { chat_id: supergroup.id };
    for (let times = 0; times < 9; times += 1) {
      const parameters = { migrate_to_chat_id: supergroup.id };
      fake.refuse("sendMessage", {
        error_code: 400,
        description: "Bad Request: moved",
        parameters,
      });
    }
    const outgoing = { address, piece: plainPiece("a"), tag: "t" };
    expect(await adapter.send(deps, credentials, outgoing)).toMatchObject({
      ok: false,
      class: "refused",
    });
    expect(fake.calls.length).toBe(4);
  });

  it.each([
    ["image", undefined, "sendPhoto", "photo"],
    ["file", "application/pdf", "sendDocument", "document"],
    ["video", undefined, "sendVideo", "video"],
    ["audio", "audio/mpeg", "sendAudio", "audio"],
    ["audio", "audio/ogg", "sendVoice", "voice"],
  ] as const)("brings a %s of type %s by %s", async (type, mime_type, method, field) => {
    const attachment: Attachment = { type, url: "https://a.example/f", name: "f", mime_type };
    await say("Here", [attachment]);
    expect(fake.sent[1]).toEqual({ method, params: { ...inTopic, [field]: attachment.url } });
    fake.refuse(method, {
      error_code: 400,
      description: "Bad Request: failed to get HTTP URL content",
    });
    await say("", [attachment]);
    expect(fake.sent[2]).toMatchObject({
      method: "sendMessage",
      params: { ...quoted, text: "f: https://a.example/f" },
    });
  });

  it("goes to the person who wrote to a channel, in each of its parts", async () => {
    const address = { chat_id: supergroup.id, message_id: 789, direct_topic_id: 5_117_000_123 };
    await say("a", [{ type: "image", url: "https://a.example/c.png" } as Attachment], address);
    const direct_messages_topic_id = 5_117_000_123;
    expect(fake.sent).toMatchObject([
      { method: "sendRichMessage", params: { ...quoted, direct_messages_topic_id } },
      { method: "sendPhoto", params: { direct_messages_topic_id } },
    ]);
  });

  it("is announced nowhere to a person who wrote to a channel", async () => {
    const address = { chat_id: supergroup.id, message_id: 789, direct_topic_id: 5_117_000_123 };
    expect(await adapter.typing?.(deps, credentials, address)).toEqual({ ok: true });
    expect(fake.calls).toEqual([]);
  });

  it("is announced in the topic of the message that it answers", async () => {
    expect(await adapter.typing?.(deps, credentials, topic)).toEqual({ ok: true });
    expect(fake.calls).toEqual([
      { name: "sendChatAction", params: { ...inTopic, action: "typing" } },
    ]);
  });
});

describe("connecting a bot of Telegram", () => {
  const ours = channel.hook_url;

  it("asks for messages alone, with the secret of the channel", async () => {
    await adapter.connect(deps, channel);
    expect(fake.webhook).toEqual({
      url: ours,
      secret_token: channel.hook_secret,
      allowed_updates: ["message"],
    });
  });

  it("tells what it replaced, without a token that stands in there", async () => {
    fake.webhook.url = `https://old.example/${credentials.bot_token}/hook`;
    expect(await adapter.connect(deps, channel)).toMatchObject({
      ok: true,
      replaced_url: "https://old.example/••••/hook",
    });
  });

  it("leaves the address of others alone when it lets go", async () => {
    fake.webhook.url = "https://other.example/hook";
    expect(await adapter.disconnect(deps, channel)).toEqual({ ok: true });
    expect(fake.webhook.url).toBe("https://other.example/hook");
  });

  it.each([
    ["webhook_missing", { url: "" }],
    ["webhook_elsewhere", { url: "https://other.example/hook" }],
    [
      "webhook_failing",
      {
        url: ours,
        pending_update_count: 3,
        last_error_date: start / 1_000 - 60,
        last_error_message: "Wrong response: 500",
      },
    ],
  ])("has the problem %s when Telegram says %j", async (code, webhook) => {
    Object.assign(fake.webhook, webhook);
    const probed = await adapter.probe(deps, channel);
    expect(probed).toMatchObject({ ok: true, problems: [{ code, message: expect.any(String) }] });
  });

  it("has no problem of failures that are over", async () => {
    Object.assign(fake.webhook, {
      url: ours,
      last_error_date: start / 1_000,
      pending_update_count: 0,
    });
    expect(await adapter.probe(deps, channel)).toMatchObject({ problems: [] });
    Object.assign(fake.webhook, {
      last_error_date: start / 1_000 - 7_200,
      pending_update_count: 2,
    });
    expect(await adapter.probe(deps, channel)).toMatchObject({ problems: [] });
  });

  it("has the problem of privacy mode only when the bot is to answer everything in groups", async () => {
    const all = { ...channel, answers_all_in_groups: true };
    expect(await adapter.connect(deps, all)).toMatchObject({
      problems: [{ code: "privacy_mode" }],
    });
    expect(adapter.setup(all).steps).toEqual([expect.stringContaining("/setprivacy")]);
    expect(adapter.setup(channel).steps).toEqual([]);
    fake.me.can_read_all_group_messages = true;
    expect(await adapter.connect(deps, all)).toMatchObject({ problems: [] });
  });

  it.each([
    ["an unknown token", 401, "Unauthorized"],
    ["a token that is none", 404, "Not Found"],
  ])("is refused for %s", async (_, error_code, description) => {
    fake.refuse("getMe", { error_code, description });
    const refused = { ok: false, class: "disconnected", field: "bot_token" };
    expect(await adapter.connect(deps, channel)).toMatchObject(refused);
    expect(fake.webhook.url).toBe("");
  });

  it.each(["", "abc", "4200:a/../../b", "4200:a?b", "4200:a#b", " 4200:abc", "4200:abc\n"])(
    "makes no call with the token %j",
    async (bot_token) => {
      const wrong = { ...channel, credentials: { bot_token } };
      expect(await adapter.probe(deps, wrong)).toMatchObject({
        class: "disconnected",
        code: "no_token",
      });
      expect(fake.calls).toEqual([]);
    },
  );

  it("says that our address is not one that Telegram calls, and not the secret that it was told", async () => {
    const description = `Bad Request: bad webhook: an HTTPS URL must be provided, ${channel.hook_secret}`;
    fake.refuse("setWebhook", { error_code: 400, description });
    const refused = await adapter.connect(deps, channel);
    expect(refused).toMatchObject({ ok: false, class: "configuration" });
    expect(JSON.stringify(refused)).not.toContain(channel.hook_secret);
  });
});

describe("a file from Telegram", () => {
  const fetched = () =>
    adapter.download(deps, credentials, { file_id: "f1", mime_type: "image/jpeg" });
  const has = (
    path: string,
    bytes: Uint8Array = Buffer.from("jpeg"),
    type = "application/octet-stream",
  ) => void fake.files.set("f1", { path, bytes, type });

  it("is fetched where Telegram says, with the type that the message said", async () => {
    has("photos/file 1.jpg".replace(" ", "_"));
    expect(await fetched()).toEqual({
      ok: true,
      bytes: Buffer.from("jpeg"),
      mime_type: "image/jpeg",
    });
  });

  it.each([
    ["a page instead of it", () => has("photos/a.jpg", Buffer.from("<html>"), "text/html"), "html"],
    ["more than 20 MiB", () => has("photos/a.jpg", Buffer.alloc(20 * 1_048_576 + 1)), "too_large"],
    ["a path of its own machine", () => has("/var/lib/bot/a.jpg"), "no_path"],
    ["a path that leads elsewhere", () => has("../../getMe"), "no_path"],
    [
      "that it is too big",
      () =>
        fake.refuse("getFile", { error_code: 400, description: "Bad Request: file is too big" }),
      "too_large",
    ],
    ["a path that is no text", () => has("photos/\ud83d.jpg"), "gone"],
    ["that it knows none", () => {}, "400"],
  ])("cannot be had when Telegram answers with %s", async (_, plan, code) => {
    plan();
    const answer = await fetched();
    expect(answer).toMatchObject({
      ok: false,
      class: "refused",
      code,
      message: expect.any(String),
    });
  });

  it("is tried again when Telegram does not tell a wrong file from one that it cannot give now", async () => {
    const description = "Bad Request: wrong file_id or the file is temporarily unavailable";
    fake.refuse("getFile", { error_code: 400, description });
    expect(await fetched()).toMatchObject({ ok: false, class: "retry" });
  });

  it("is tried again when the platform is busy", async () => {
    has("photos/a.jpg");
    fake.misbehave(answers.status(503));
    expect(await fetched()).toMatchObject({ ok: false, class: "retry" });
  });

  it("is followed to places of the platform only, and not for ever", async () => {
    const other = await startFakeBackend();
    const get = async (location: string) => {
      const requests: string[] = [];
      const answer = await adapter.download(
        {
          ...deps,
          fetch: async (url, request) => {
            requests.push(url);
            if (!url.includes("/file/")) return safeFetch(url, request);
            return { status: 302, headers: { location }, body: Buffer.alloc(0), text: () => "" };
          },
        },
        credentials,
        { file_id: "f1" },
      );
      return { answer, calls: requests.length };
    };
    has("photos/a.jpg");
    for (const elsewhere of [
      `${other.url}/a`,
      "https://evil.example/a",
      "file:///etc/passwd",
      "http://[",
    ]) {
      expect(await get(elsewhere)).toMatchObject({
        answer: { ok: false, code: "wrong_host" },
        calls: 2,
      });
    }
    expect(await get("#again")).toMatchObject({
      answer: { ok: false, code: "redirects" },
      calls: 5,
    });
    expect(other.requests).toEqual([]);
    await other.close();
  });
});
