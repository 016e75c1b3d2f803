import type { PlatformName } from "#shared/platforms/catalogue";
import { ids } from "../fixtures/discord/interactions.ts";
import { discordCall, others, othersKey } from "./discord-call.ts";
import { credentials as ofDiscord } from "./discord-channel.ts";
import { startFakeDiscord } from "./fake-discord.ts";
import { slackCall, startFakeSlack } from "./fake-slack.ts";
import { startFakeTelegram, telegramCall } from "./fake-telegram.ts";
import { startFakeWhatsApp, whatsAppCall } from "./fake-whatsapp.ts";
import type { FakePlatform } from "./platform-case.ts";
import { credentials as ofSlack } from "./slack-channel.ts";
import { botToken, otherToken } from "./telegram-channel.ts";
import { credentials as ofWhatsApp } from "./whatsapp-channel.ts";

/** What the suites over the channels of all platforms have to know of one. */
export interface ChannelCase {
  readonly type: PlatformName;
  /** Whom its channels are connected with. */
  readonly whom: string;
  readonly credentials: Readonly<Record<string, string>>;
  /** Those of the credentials that nobody is shown. */
  readonly secrets: readonly string[];
  /** The account that the credentials are for. */
  readonly account: string;
  /** Of another account. */
  readonly other: {
    readonly account: string;
    readonly credentials: Readonly<Record<string, string>>;
  };
  /** The operation of its hook. */
  readonly receives: string;
  /** Whether we tell the platform our address; where not, its owner pastes it there. */
  readonly isTold: boolean;
  /** What stands in `status_reason` once the credentials are refused. */
  readonly refusal: string;
  readonly start: () => Promise<ChannelFake>;
}

/** A platform on 127.0.0.1 that knows the account of a case. */
export interface ChannelFake extends FakePlatform {
  /** How often it was asked whom the credentials are for. */
  readonly asked: () => number;
  /** Refuses the credentials when it is next asked. */
  readonly refuseOnce: () => void;
  /** Knows the other account too. */
  readonly addOther: () => void;
  /** A call of the other account, which brings no message. */
  readonly callOfOther: (now: number) => {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Buffer;
  };
  /** Where it sends what is said to either account, as it was told. */
  readonly addresses: () => {
    readonly own: string | undefined;
    readonly other: string | undefined;
  };
  /** Forgets where it was told to send what is said to the first account. */
  readonly forget: () => void;
}

const calls = ({ calls: made }: FakePlatform, name: string) =>
  made.filter((call) => call.name === name).length;

export const telegram = {
  type: "telegram",
  whom: "Telegram",
  credentials: { bot_token: botToken },
  secrets: ["bot_token"],
  account: "4200",
  other: { account: "4300", credentials: { bot_token: otherToken } },
  receives: "receiveTelegramUpdate",
  isTold: true,
  refusal: "Telegram: Unauthorized",
  start: async () => {
    const fake = await startFakeTelegram(botToken);
    let other: typeof fake.webhook = { url: "" };
    const addressOf = ({ url }: typeof fake.webhook) => (url === "" ? undefined : url);
    return {
      ...fake,
      asked: () => calls(fake, "getMe"),
      refuseOnce: () => fake.refuse("getMe", { error_code: 401, description: "Unauthorized" }),
      addOther: () => void (other = fake.addBot(otherToken)),
      callOfOther: () => telegramCall({}, String(other.secret_token)),
      addresses: () => ({ own: addressOf(fake.webhook), other: addressOf(other) }),
      forget: () => void Object.assign(fake.webhook, { url: "" }),
    };
  },
} satisfies ChannelCase;

const otherOfSlack = {
  bot_token: "xoxb-123456789012-9999999999999-ZyXwVuTsRqPoNmLkJiHgFeDc",
  signing_secret: "fedcba9876543210fedcba9876543210",
};
export const slack = {
  type: "slack",
  whom: "Slack",
  credentials: ofSlack,
  secrets: ["bot_token", "signing_secret"],
  account: "T0ACME:U0BOT",
  other: { account: "T0ACME:U0OTHER", credentials: otherOfSlack },
  receives: "receiveSlackEvent",
  isTold: false,
  refusal: "account_inactive",
  start: async () => {
    const fake = await startFakeSlack(ofSlack.bot_token);
    return {
      ...fake,
      asked: () => calls(fake, "auth.test"),
      refuseOnce: () => fake.refuse("auth.test", { error: "account_inactive" }),
      addOther: () => fake.addApp(otherOfSlack.bot_token, "U0OTHER"),
      callOfOther: (now) =>
        slackCall('{"type":"url_verification"}', otherOfSlack.signing_secret, now),
      addresses: () => ({ own: undefined, other: undefined }),
      forget: () => {},
    };
  },
} satisfies ChannelCase;

const otherOfDiscord = {
  bot_token: "MTEwMDAwMDAwMDAwMDAwMDAwOQ.GxYzAb.zYxWvUtSrQpOnMlKjIhGfEdCbA9876543210-Z",
  application_id: "1100000000000000009",
  public_key: othersKey,
};
export const discord = {
  type: "discord",
  whom: "Discord",
  credentials: ofDiscord,
  secrets: ["bot_token"],
  account: ids.application,
  other: { account: otherOfDiscord.application_id, credentials: otherOfDiscord },
  receives: "receiveDiscordInteraction",
  isTold: true,
  refusal: "401: Unauthorized",
  start: async () => {
    const fake = await startFakeDiscord(ofDiscord.bot_token);
    type App = Pick<typeof fake, "application" | "commands">;
    let other: App = { application: {}, commands: [] };
    // The command stands where the address does.
    const addressOf = ({ application, commands }: App) => {
      const url = application["interactions_endpoint_url"];
      const address = typeof url === "string" ? url : undefined;
      return commands.length === (address === undefined ? 0 : 1)
        ? address
        : `${address} and ${commands.length} commands`;
    };
    return {
      ...fake,
      asked: () => calls(fake, "GET application"),
      refuseOnce: () =>
        fake.refuse("GET application", { status: 401, code: 0, message: "401: Unauthorized" }),
      addOther: () => {
        const { bot_token, application_id, public_key } = otherOfDiscord;
        other = fake.addApp(bot_token, application_id, public_key);
      },
      callOfOther: (now) => discordCall('{"type":1}', now, others),
      addresses: () => ({ own: addressOf(fake), other: addressOf(other) }),
      forget: () => {
        fake.application["interactions_endpoint_url"] = null;
        fake.commands.length = 0;
      },
    };
  },
} satisfies ChannelCase;

const otherOfWhatsApp = { ...ofWhatsApp, phone_number_id: "106540352242999" };
export const whatsapp = {
  type: "whatsapp",
  whom: "Meta",
  credentials: ofWhatsApp,
  secrets: ["access_token", "app_secret"],
  account: ofWhatsApp.phone_number_id,
  other: { account: otherOfWhatsApp.phone_number_id, credentials: otherOfWhatsApp },
  receives: "receiveWhatsAppCall",
  isTold: true,
  refusal: "Make a permanent token",
  start: async () => {
    const fake = await startFakeWhatsApp({ credentials: ofWhatsApp });
    let other: typeof fake.hooks = {};
    return {
      ...fake,
      asked: () => calls(fake, "GET number"),
      refuseOnce: () =>
        fake.refuse("GET number", { status: 401, code: 190, message: "Session has expired" }),
      addOther: () => void (other = fake.addNumber(otherOfWhatsApp.phone_number_id)),
      callOfOther: () => whatsAppCall("{}", otherOfWhatsApp.app_secret),
      addresses: () => ({ own: fake.hooks.phone_number, other: other.phone_number }),
      forget: () => void delete fake.hooks.phone_number,
    };
  },
} satisfies ChannelCase;

/** A channel of each platform. */
export const channelCases: readonly ChannelCase[] = [telegram, slack, discord, whatsapp];
