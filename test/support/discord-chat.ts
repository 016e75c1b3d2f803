import type { Id } from "#shared/runtime/ids";
import { discordCall } from "./discord-call.ts";
import { credentials } from "./discord-channel.ts";
import type { FakeDiscord } from "./fake-discord.ts";
import { created } from "./make.ts";
import { type ChatOptions, openChat, type PlatformChat } from "./platform-chat.ts";
import type { TestAnswer, TestPlatform } from "./test-platform.ts";

/** A bot that people ask over Discord. */
export interface DiscordChat extends PlatformChat {
  /** The request with which Discord tells of an interaction. */
  readonly request: (body: object) => {
    readonly params: { readonly channel_id: Id<"ch"> };
    readonly rawBody: Uint8Array;
    readonly headers: Readonly<Record<string, string>>;
  };
  /** Has Discord tell of it. */
  readonly tell: (body: object) => Promise<TestAnswer>;
}

/**
 * Makes a bot with these fields and a channel of Discord's, which the given server stands for. It has been told nothing
 * when this ends.
 */
export async function openDiscordChat(
  platform: TestPlatform,
  fake: FakeDiscord,
  options: ChatOptions = {},
): Promise<DiscordChat> {
  const chat = await openChat(platform, options, (team, bot_id) =>
    created<"ch">(platform, "createChannel", {
      as: team.key,
      params: { bot_id },
      body: { type: "discord", credentials },
    }),
  );
  fake.calls.length = 0;
  const { channel_id } = chat;
  const request: DiscordChat["request"] = (body) => {
    const call = discordCall(JSON.stringify(body), platform.clock());
    return { params: { channel_id }, headers: call.headers, rawBody: call.body };
  };
  return {
    ...chat,
    request,
    tell: (body) => platform.call("receiveDiscordInteraction", request(body)),
  };
}
