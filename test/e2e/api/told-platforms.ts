import type { BoxAnswer, FakePlatforms } from "#test/support/black-box";
import { discordCall, others, othersKey } from "#test/support/discord-call";
import { credentials as ofDiscord } from "#test/support/discord-channel";
import { slackCall } from "#test/support/fake-slack";
import { telegramCall } from "#test/support/fake-telegram";
import { whatsAppCall } from "#test/support/fake-whatsapp";
import { credentials } from "#test/support/slack-channel";
import { botToken, otherToken } from "#test/support/telegram-channel";
import { credentials as ofNumber } from "#test/support/whatsapp-channel";
import { ask, askWithFile, ping, snowflake } from "../../fixtures/discord/interactions.ts";
import { file, message } from "../../fixtures/slack/events.ts";
import { update, said as updates } from "../../fixtures/telegram/updates.ts";
import { media, message as posted, text as written } from "../../fixtures/whatsapp/calls.ts";

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

/** How a hook is called. */
export interface HookCall {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What Telegram and Meta call for the other account. */
let second = { url: "" };
let secondNumber: { phone_number?: string } = {};
/** The other application of Discord. */
let otherApplication: Record<string, unknown> = {};
const begun = Date.now();

/** The platforms that stand for the real ones. */
export const toldPlatforms: readonly Told[] = [
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
