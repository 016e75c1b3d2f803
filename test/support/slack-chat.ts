import type { Id } from "#shared/runtime/ids";
import { type FakeSlack, slackCall } from "./fake-slack.ts";
import { created } from "./make.ts";
import { type ChatOptions, openChat, type PlatformChat } from "./platform-chat.ts";
import { credentials } from "./slack-channel.ts";
import type { TestAnswer, TestPlatform } from "./test-platform.ts";

/** A bot that people write to over Slack. */
export interface SlackChat extends PlatformChat {
  /** The request with which Slack tells of something. */
  readonly request: (body: object) => {
    readonly params: { readonly channel_id: Id<"ch"> };
    readonly rawBody: Uint8Array;
    readonly headers: Readonly<Record<string, string>>;
  };
  /** Has Slack tell of it. */
  readonly tell: (body: object) => Promise<TestAnswer>;
}

/**
 * Makes a bot with these fields and a channel of Slack's, which the given server stands for. It has been told nothing when
 * this ends.
 */
export async function openSlackChat(
  platform: TestPlatform,
  fake: FakeSlack,
  options: ChatOptions = {},
): Promise<SlackChat> {
  const chat = await openChat(platform, options, (team, bot_id) =>
    created<"ch">(platform, "createChannel", {
      as: team.key,
      params: { bot_id },
      body: { type: "slack", credentials },
    }),
  );
  fake.calls.length = 0;
  const { channel_id } = chat;
  const request: SlackChat["request"] = (body) => {
    const call = slackCall(JSON.stringify(body), credentials.signing_secret, platform.clock());
    return { params: { channel_id }, headers: call.headers, rawBody: call.body };
  };
  return { ...chat, request, tell: (body) => platform.call("receiveSlackEvent", request(body)) };
}
