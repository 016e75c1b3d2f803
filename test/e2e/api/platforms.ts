import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { BlackBox, BoxAnswer, FakePlatforms } from "#test/support/black-box";
import { discordCall, others, othersKey } from "#test/support/discord-call";
import { credentials as ofDiscord } from "#test/support/discord-channel";
import { answers, type FakeBackend, startFakeBackend } from "#test/support/fake-backend";
import { slackCall } from "#test/support/fake-slack";
import { telegramCall } from "#test/support/fake-telegram";
import { whatsAppCall } from "#test/support/fake-whatsapp";
import { credentials } from "#test/support/slack-channel";
import { botToken, otherToken } from "#test/support/telegram-channel";
import { credentials as ofNumber } from "#test/support/whatsapp-channel";
import { shakenBy } from "#test/support/whatsapp-chat";
import { ask, askWithFile, ping, snowflake } from "../../fixtures/discord/interactions.ts";
import { file, message } from "../../fixtures/slack/events.ts";
import { update, said as updates } from "../../fixtures/telegram/updates.ts";
import { media, message as posted, text as written } from "../../fixtures/whatsapp/calls.ts";
import { eventually, makeBot } from "./make.ts";

/** A platform, as far as a conversation over it goes. */
interface Told {
  readonly type: keyof FakePlatforms;
  readonly hook: string;
  /** Of one account, and of another that the fake is told of. */
  readonly credentials: object;
  readonly other: (fakes: FakePlatforms) => object;
  /** What the platform calls for these two; empty where that is nothing, left out where nobody tells it. */
  readonly hooks: (fakes: FakePlatforms) => readonly string[];
  /** The call with a message, and the same with another secret. */
  readonly call: (
    fakes: FakePlatforms,
    number: number,
    content: string | object,
    isForged?: boolean,
  ) => HookCall;
  /** Puts a file where the platform has it; what a message with it holds instead of a text. */
  readonly file: (fakes: FakePlatforms, bytes: Uint8Array) => object;
  /** The bots' words so far. */
  readonly said: (fakes: FakePlatforms) => readonly unknown[];
  /** The call with which it is shown that the bot types; left out where the answer of the hook does that. */
  readonly typing?: string;
  /** What the hook answers to a message. */
  readonly told: string;
  /** How the platform tries our address before it calls it. */
  readonly tries?: (
    fakes: FakePlatforms,
    tell: (channel_id: string, call: HookCall) => Promise<BoxAnswer>,
  ) => void;
}

interface HookCall {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What Telegram and Meta call for the other account. */
let second = { url: "" };
let secondNumber: { phone_number?: string } = {};
/** The other application of Discord. */
let otherApplication: Record<string, unknown> = {};
const begun = Date.now();

const platforms: readonly Told[] = [
  {
    type: "telegram",
    hook: "receiveTelegramUpdate",
    credentials: { bot_token: botToken },
    other: ({ telegram }) => {
      second = telegram.addBot(otherToken);
      return { bot_token: otherToken };
    },
    hooks: ({ telegram }) => [telegram.webhook.url, second.url],
    call: ({ telegram }, message_id, content, isForged = false) =>
      telegramCall(
        update({ message_id, ...(typeof content === "string" ? { text: content } : content) }),
        isForged ? "another" : String(telegram.webhook["secret_token"]),
      ),
    file: ({ telegram }, bytes) => {
      telegram.files.set(updates.document.document.file_id, {
        path: "documents/report.pdf",
        bytes,
      });
      return updates.document;
    },
    said: ({ telegram }) => telegram.sent.map(({ params }) => params["rich_message"]),
    typing: "sendChatAction",
    told: "",
  },
  {
    type: "slack",
    hook: "receiveSlackEvent",
    credentials,
    other: ({ slack }) => {
      const bot_token = "xoxb-223456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx";
      slack.addApp(bot_token, "U1BOT");
      return { ...credentials, bot_token };
    },
    hooks: () => [],
    call: (_, number, content, isForged = false) => {
      // In a thread, which alone shows that the bot is typing.
      const ts = `1796000000.00${String(number).padStart(4, "0")}`;
      const fields = typeof content === "string" ? { text: content } : content;
      const event = message({ ...fields, ts, thread_ts: "1796000000.000001" });
      const secret = isForged ? "another" : credentials.signing_secret;
      return slackCall(JSON.stringify(event), secret, Date.now());
    },
    file: ({ slack }, bytes) => {
      slack.files.set("report.pdf", { bytes, type: "application/pdf" });
      const place = process.env["SLACK_API_URL"] ?? slack.url;
      const url_private_download = new URL("/files-pri/report.pdf", place).href;
      const report = { name: "report.pdf", mimetype: "application/pdf", url_private_download };
      return { text: "", subtype: "file_share", files: [file(report)] };
    },
    said: ({ slack }) => slack.sent.map(({ params }) => params["markdown_text"]),
    typing: "assistant.threads.setStatus",
    told: "",
  },
  {
    type: "discord",
    hook: "receiveDiscordInteraction",
    credentials: ofDiscord,
    other: ({ discord }) => {
      const bot_token = "MTEwMDAwMDAwMDAwMDAwMDAwOQ.GxYzAb.zYxWvUtSrQpOnMlKjIhGfEdCbA9876543210-Z";
      const application_id = "1100000000000000009";
      otherApplication = discord.addApp(bot_token, application_id, othersKey).application;
      return { bot_token, application_id, public_key: othersKey };
    },
    hooks: ({ discord }) =>
      [discord.application, otherApplication].map(({ interactions_endpoint_url: url }) =>
        typeof url === "string" ? url : "",
      ),
    call: (_, number, content, isForged = false) => {
      const fields = { id: snowflake(begun, number), token: `token-${number}` };
      const command =
        typeof content === "string"
          ? ask(content, undefined, "direct", fields)
          : askWithFile(content, "What does it say?", "direct", fields);
      return discordCall(JSON.stringify(command), Date.now(), isForged ? others : undefined);
    },
    file: ({ discord }, bytes) => {
      discord.files.set("report.pdf", { bytes, type: "application/pdf" });
      const place = process.env["DISCORD_API_URL"] ?? discord.url;
      const url = new URL("/attachments/report.pdf", place).href;
      return { filename: "report.pdf", content_type: "application/pdf", size: bytes.length, url };
    },
    said: ({ discord }) => discord.sent.map(({ fields }) => fields["content"]),
    told: '{"type":5}',
    tries: ({ discord }, tell) => {
      for (const number of [10, 11, 12]) discord.tokens.set(`token-${number}`, 0);
      discord.tries = async (url, verify_key) => {
        const body = JSON.stringify(ping);
        const asked = (key?: typeof others) =>
          tell(url.split("/").at(-1) ?? "", discordCall(body, Date.now(), key));
        const isOther = verify_key === othersKey;
        const right = await asked(isOther ? others : undefined);
        const wrong = await asked(isOther ? undefined : others);
        return right.text === '{"type":1}' && wrong.status === 401;
      };
    },
  },
  {
    type: "whatsapp",
    hook: "receiveWhatsAppCall",
    credentials: ofNumber,
    other: ({ whatsapp }) => {
      const phone_number_id = "106540352242999";
      secondNumber = whatsapp.addNumber(phone_number_id);
      return { ...ofNumber, phone_number_id };
    },
    hooks: ({ whatsapp }) =>
      [whatsapp.hooks, secondNumber].map(({ phone_number = "" }) => phone_number),
    call: (_, number, content, isForged = false) => {
      const timestamp = String(Math.floor(Date.now() / 1_000));
      const fields = { id: `wamid.${number}`, timestamp };
      const body =
        typeof content === "string"
          ? written(content, fields)
          : posted("document", { ...fields, document: content });
      const secret = isForged ? "another" : ofNumber.app_secret;
      return whatsAppCall(JSON.stringify(body), secret);
    },
    file: ({ whatsapp }, bytes) => {
      const report = media({ mime_type: "application/pdf", filename: "report.pdf" });
      const place = process.env["WHATSAPP_API_URL"] ?? whatsapp.url;
      const url = new URL(`/files/${report.id}`, place).href;
      whatsapp.media.set(report.id, { bytes, type: report.mime_type, url });
      return report;
    },
    said: ({ whatsapp }) => whatsapp.sent.map(({ params }) => Object(params["text"])["body"]),
    // The answer has the same name, and comes later.
    typing: "POST number/messages",
    told: "",
  },
];

/** Bots where people are, from connecting one to letting it go: on platforms that stand for the real ones. */
export function onPlatforms(box: BlackBox): void {
  const fakes = box.platforms;
  // A deployment that calls the real ones has no bot there.
  if (!fakes) return;
  fakes.whatsapp.shake = shakenBy(box);

  describe.each(platforms)("a bot on $type", (platform) => {
    const { type, hook, typing, told } = platform;
    const fake = fakes[type];
    let backend: FakeBackend;
    let params: { readonly id: string };
    let created: BoxAnswer;
    beforeAll(async () => {
      platform.tries?.(fakes, tell);
      backend = await startFakeBackend();
      const bot_id = await makeBot(box);
      const url = `${backend.url}/chat`;
      await box.call("createIntegration", { params: { bot_id }, body: { name: "Ours", url } });
      const body = { type, credentials: platform.credentials };
      created = await box.call("createChannel", { params: { bot_id }, body });
      params = { id: created.body.data.id };
    });
    afterAll(async () => {
      await backend.close();
      expect(fake.mistakes).toEqual([]);
    });

    const tell = (channel_id: string, { headers, body }: HookCall) =>
      box.call(hook, {
        as: null,
        params: { channel_id },
        headers,
        rawBody: Buffer.from(body).toString(),
      });
    /** The bot's words, when there are as many. */
    const said = (count: number) =>
      eventually(
        async () => platform.said(fakes).map((words) => Object(words).markdown ?? words),
        (words) => words.length >= count,
        30,
      );

    it("is connected, and seen to be well", async () => {
      const address = expect.stringMatching(`^https://.*/v1/hooks/${type}/${params.id}$`);
      expect([created.status, created.body.data]).toEqual([
        201,
        expect.objectContaining({ status: "connected", webhook_url: address }),
      ]);
      const read = await box.call("getChannel", { params });
      expect(read.body.data).toMatchObject({ status: "connected", health: { ok: true } });
    });

    it("answers a message where it was written, once, and shows before that it types", async () => {
      const typed = () => typing === undefined || fake.calls.some(({ name }) => name === typing);
      backend.answer(
        async (...call) => {
          await eventually(async () => typed(), Boolean, 30);
          await answers.json({ content: "Until six." })(...call);
        },
        answers.json({ content: "At nine." }),
      );
      const first = platform.call(fakes, 10, "How late are you open?");
      const { status, text } = await tell(params.id, first);
      expect([status, text]).toEqual([200, told]);
      expect(await said(1)).toEqual(["Until six."]);
      expect(typed()).toBe(true);

      expect((await tell(params.id, first)).status).toBe(200);
      await tell(params.id, platform.call(fakes, 11, "And from when?"));
      expect(await said(2)).toEqual(["Until six.", "At nine."]);
      expect(backend.requests).toHaveLength(2);
    });

    it("has the conversation read over the API", async () => {
      const { bot_id } = created.body.data;
      const listed = await eventually(
        () => box.call("listConversations", { params: { bot_id } }),
        ({ body }) => body.data[0]?.message_count === 4,
      );
      const [conversation] = listed.body.data;
      expect(conversation).toMatchObject({ platform: type, channel_id: params.id });
      const messages = await eventually(
        () => box.call("listMessages", { params: { id: conversation.id } }),
        ({ body }) => body.data.at(-1)?.delivery.status === "sent",
      );
      expect(messages.body.data).toMatchObject([
        { role: "user", content: "How late are you open?" },
        { role: "assistant", content: "Until six.", delivery: { status: "sent" } },
        { role: "user", content: "And from when?" },
        { role: "assistant", content: "At nine.", delivery: { status: "sent" } },
      ]);
    });

    it("gives the backend a file that was sent, behind a URL that anybody can open", async () => {
      const content = platform.file(fakes, Buffer.from("a report"));
      backend.answer(answers.json({ content: "I have read it." }));
      await tell(params.id, platform.call(fakes, 12, content));
      expect((await said(3)).at(-1)).toBe("I have read it.");
      const { messages } = JSON.parse(backend.requests.at(-1)?.body ?? "{}");
      const part = messages.at(-1).content.at(-1);
      expect(part).toEqual({
        type: "file",
        file: { url: expect.any(String), name: "report.pdf", mime_type: "application/pdf" },
      });
      const url = new URL(part.file.url);
      const { headers } = await box.ask("GET", `${url.pathname}${url.search}`, { as: null });
      const location = new URL(headers.get("location") ?? "");
      // On one machine the bytes are where the platform is.
      const base = location.origin === url.origin ? box.url : location.origin;
      const answer = await fetch(`${base}${location.pathname}${location.search}`);
      expect([answer.status, await answer.text()]).toEqual([200, "a report"]);
    });

    it("believes nobody who does not prove to be the platform", async () => {
      expect((await tell(params.id, platform.call(fakes, 13, "Hello!", true))).status).toBe(401);
      expect(platform.said(fakes)).toHaveLength(3);
    });

    it("takes another account, and is let go when its channel is deleted", async () => {
      const body = { credentials: platform.other(fakes) };
      const changed = await box.call("updateChannel", { params, body });
      expect([changed.status, changed.body.data.status]).toEqual([200, "connected"]);
      const hooks = (are: (urls: readonly string[]) => boolean) =>
        eventually(async () => platform.hooks(fakes), are, 30);
      const [former = ""] = await hooks(([url = ""]) => url === "");
      expect(former).toBe("");
      expect((await box.call("deleteChannel", { params })).status).toBe(200);
      const left = await hooks((urls) => urls.every((url) => url === ""));
      expect(left.filter(Boolean)).toEqual([]);
      const gone = await tell(params.id, platform.call(fakes, 14, "Is anybody there?"));
      expect(gone.status).toBe(404);
    });
  });
}
