import { makeIntegration } from "#lib/one-of-each";
import type { Id } from "#shared/runtime/ids";
import { aBot } from "./make.ts";
import { askAs } from "./one-of-each.ts";
import type { TestAnswer, TestPlatform, TestTeam } from "./test-platform.ts";

/** How the bot of a chat is. */
export interface ChatOptions {
  readonly team?: TestTeam;
  /** Fields of the bot. */
  readonly bot?: Readonly<Record<string, unknown>>;
  readonly backend_url?: string;
}

/** A bot that people write to over a platform. */
export interface PlatformChat {
  readonly team: TestTeam;
  readonly key: string;
  readonly bot_id: Id<"bot">;
  readonly channel_id: Id<"ch">;
  /** The messages of the only conversation, oldest first, as they are shown. */
  readonly messages: () => Promise<TestAnswer["body"]>;
  readonly conversations: () => Promise<TestAnswer["body"]>;
  /** The channel as it is shown; its platform is asked how it is. */
  readonly channel: () => Promise<TestAnswer["body"]>;
}

/** Makes a bot with these fields, and its channel as it is told. */
export async function openChat(
  platform: TestPlatform,
  options: ChatOptions,
  makeChannel: (team: TestTeam, bot_id: Id<"bot">) => Promise<Id<"ch">>,
): Promise<PlatformChat> {
  const team = options.team ?? (await platform.team());
  const { key } = team;
  const bot_id = await aBot(platform, key, options.bot);
  if (options.backend_url !== undefined) {
    await makeIntegration(askAs(platform, key), bot_id, { url: options.backend_url });
  }
  const list = async (operationId: string, params: Readonly<Record<string, string>>) =>
    (await platform.call(operationId, { as: key, params, query: { per_page: 100 } })).body.data;
  const conversations = () => list("listConversations", { bot_id });
  const channel_id = await makeChannel(team, bot_id);
  return {
    team,
    key,
    bot_id,
    channel_id,
    conversations,
    channel: async () =>
      (await platform.call("getChannel", { as: key, params: { id: channel_id } })).body.data,
    messages: async () => {
      const [one] = await conversations();
      return one ? list("listMessages", { id: one.id }) : [];
    },
  };
}
