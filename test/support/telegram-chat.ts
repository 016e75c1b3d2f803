import type { Message, Update } from "@grammyjs/types";
import { asChannel } from "#shared/channels/channel-store";
import type { StoredHook } from "#shared/channels/hook";
import { adapter } from "#shared/platforms/telegram/adapter";
import type { Id } from "#shared/runtime/ids";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { keys } from "#shared/table/keys";
import { update } from "../fixtures/telegram/updates.ts";
import { type FakeTelegram, telegramCall } from "./fake-telegram.ts";
import { aWebChannel } from "./make.ts";
import { type ChatOptions, openChat, type PlatformChat } from "./platform-chat.ts";
import { botToken } from "./telegram-channel.ts";
import type { TestAnswer, TestPlatform, TestTeam } from "./test-platform.ts";

export const hookSecret = "0123456789abcdefghijklmnopqrstuvwxyz_-ABCDEF";

/** A bot that people write to over Telegram. */
export interface TelegramChat extends PlatformChat {
  /** The request with which Telegram tells of an update. */
  readonly request: (update: Update | object) => {
    readonly params: { readonly channel_id: Id<"ch"> };
    readonly rawBody: Uint8Array;
    readonly headers: Readonly<Record<string, string>>;
  };
  /** Has Telegram tell of a message. */
  readonly tell: (message: Partial<Message>) => Promise<TestAnswer>;
}

/** Makes a bot with these fields and a channel of Telegram's, which the given server stands for. */
export async function openTelegramChat(
  platform: TestPlatform,
  fake: Pick<FakeTelegram, "url">,
  options: ChatOptions = {},
): Promise<TelegramChat> {
  process.env["TELEGRAM_API_URL"] = fake.url;
  const chat = await openChat(platform, options, async (team, bot_id) => {
    const channel_id = await aWebChannel(platform, team.key, bot_id);
    await makeTelegram(platform, team, { bot_id, channel_id });
    return channel_id;
  });
  const { channel_id } = chat;
  const request: TelegramChat["request"] = (body) => {
    const { headers, body: rawBody } = telegramCall(body, hookSecret);
    return { params: { channel_id }, headers, rawBody };
  };
  return {
    ...chat,
    request,
    tell: (message) => platform.call("receiveTelegramUpdate", request(update(message))),
  };
}

/** Makes a channel one of Telegram's, with its hook. */
async function makeTelegram(
  platform: TestPlatform,
  team: TestTeam,
  { bot_id, channel_id }: { readonly bot_id: Id<"bot">; readonly channel_id: Id<"ch"> },
) {
  const { table } = platform;
  const key = keys.channel(team.id, bot_id, channel_id);
  const channel = asChannel(await table.get(key));
  if (!channel) throw new Error("The channel is gone.");
  const seal = (field: string, value: string) =>
    liveTeamSecrets().seal(team.id, { resource_id: channel_id, field }, value);
  const account = { id: "4200", user_id: "4200", username: "OurBot", name: "Our bot" };
  const hook_url = `https://chat.example/v1/hooks/telegram/${channel_id}`;
  const hook: StoredHook = {
    team_id: team.id,
    bot_id,
    channel_id,
    type: "telegram",
    verifier: adapter.verifierOf({
      credentials: { bot_token: botToken },
      hook_url,
      hook_secret: hookSecret,
      answers_all_in_groups: false,
    }),
    account,
    version: channel.version,
  };
  await table.transact({
    channel: {
      put: {
        ...channel,
        ...key,
        type: "telegram",
        webhook_url: hook_url,
        credentials: { bot_token: await seal("credentials.bot_token", botToken) },
        hook_secret: await seal("hook_secret", hookSecret),
        account,
      },
    },
    hook: { put: { ...keys.hook(channel_id), ...hook } },
  });
}
