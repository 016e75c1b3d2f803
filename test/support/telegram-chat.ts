import type { Message, Update } from "@grammyjs/types";
import { makeIntegration } from "#lib/one-of-each";
import { asChannel } from "#shared/channels/channel-store";
import type { StoredHook } from "#shared/channels/hook";
import { adapter } from "#shared/platforms/telegram/adapter";
import type { Id } from "#shared/runtime/ids";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { keys } from "#shared/table/keys";
import { update } from "../fixtures/telegram/updates.ts";
import { type FakeTelegram, telegramCall } from "./fake-telegram.ts";
import { aBot, aWebChannel } from "./make.ts";
import { askAs } from "./one-of-each.ts";
import { botToken } from "./telegram-channel.ts";
import type { TestAnswer, TestPlatform, TestTeam } from "./test-platform.ts";

export const hookSecret = "0123456789abcdefghijklmnopqrstuvwxyz_-ABCDEF";

/** A bot that people write to over Telegram. */
export interface TelegramChat {
  readonly team: TestTeam;
  readonly key: string;
  readonly bot_id: Id<"bot">;
  readonly channel_id: Id<"ch">;
  /** The request with which Telegram tells of an update. */
  readonly request: (update: Update | object) => {
    readonly params: { readonly channel_id: Id<"ch"> };
    readonly rawBody: Uint8Array;
    readonly headers: Readonly<Record<string, string>>;
  };
  /** Has Telegram tell of a message. */
  readonly tell: (message: Partial<Message>) => Promise<TestAnswer>;
  /** The messages of the only conversation, oldest first, as they are shown. */
  readonly messages: () => Promise<TestAnswer["body"]>;
  readonly conversations: () => Promise<TestAnswer["body"]>;
}

/** Makes a bot with these fields and a channel of Telegram's, which the given server stands for. */
export async function openTelegramChat(
  platform: TestPlatform,
  fake: Pick<FakeTelegram, "url">,
  options: {
    readonly team?: TestTeam;
    readonly bot?: Readonly<Record<string, unknown>>;
    readonly backend_url?: string;
  } = {},
): Promise<TelegramChat> {
  process.env["TELEGRAM_API_URL"] = fake.url;
  const team = options.team ?? (await platform.team());
  const { key } = team;
  const bot_id = await aBot(platform, key, options.bot);
  if (options.backend_url !== undefined) {
    await makeIntegration(askAs(platform, key), bot_id, { url: options.backend_url });
  }
  const channel_id = await aWebChannel(platform, key, bot_id);
  await makeTelegram(platform, team, { bot_id, channel_id });
  const request: TelegramChat["request"] = (body) => {
    const { headers, body: rawBody } = telegramCall(body, hookSecret);
    return { params: { channel_id }, headers, rawBody };
  };
  const list = async (operationId: string, params: Readonly<Record<string, string>>) =>
    (await platform.call(operationId, { as: key, params, query: { per_page: 100 } })).body.data;
  const conversations = () => list("listConversations", { bot_id });
  return {
    team,
    key,
    bot_id,
    channel_id,
    request,
    tell: (message) => platform.call("receiveTelegramUpdate", request(update(message))),
    conversations,
    messages: async () => {
      const [one] = await conversations();
      return one ? list("listMessages", { id: one.id }) : [];
    },
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
