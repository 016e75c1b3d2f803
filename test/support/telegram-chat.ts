import type { Message, Update } from "@grammyjs/types";
import type { Id } from "#shared/runtime/ids";
import { update } from "../fixtures/telegram/updates.ts";
import { type FakeTelegram, telegramCall } from "./fake-telegram.ts";
import { created } from "./make.ts";
import { withPublicUrl } from "./platform-channel.ts";
import { type ChatOptions, openChat, type PlatformChat } from "./platform-chat.ts";
import type { TestAnswer, TestPlatform } from "./test-platform.ts";

/** A bot that people write to over Telegram. */
export interface TelegramChat extends PlatformChat {
  /** What Telegram gives back with each call of the channel's hook. */
  readonly hook_secret: string;
  /** The request with which Telegram tells of an update. */
  readonly request: (update: Update | object) => {
    readonly params: { readonly channel_id: Id<"ch"> };
    readonly rawBody: Uint8Array;
    readonly headers: Readonly<Record<string, string>>;
  };
  /** Has Telegram tell of a message. */
  readonly tell: (message: Partial<Message>) => Promise<TestAnswer>;
}

/**
 * Makes a bot with these fields and a channel of Telegram's, which the given server stands for. It has been told nothing
 * when this ends.
 */
export async function openTelegramChat(
  platform: TestPlatform,
  fake: FakeTelegram,
  options: ChatOptions = {},
): Promise<TelegramChat> {
  process.env["TELEGRAM_API_URL"] = fake.url;
  const chat = await openChat(platform, options, (team, bot_id) =>
    withPublicUrl(() =>
      created<"ch">(platform, "createChannel", {
        as: team.key,
        params: { bot_id },
        body: { type: "telegram", credentials: { bot_token: fake.token } },
      }),
    ),
  );
  fake.calls.length = 0;
  const { channel_id } = chat;
  const hook_secret = String(fake.webhook["secret_token"]);
  const request: TelegramChat["request"] = (body) => {
    const { headers, body: rawBody } = telegramCall(body, hook_secret);
    return { params: { channel_id }, headers, rawBody };
  };
  return {
    ...chat,
    hook_secret,
    request,
    tell: (message) => platform.call("receiveTelegramUpdate", request(update(message))),
  };
}
