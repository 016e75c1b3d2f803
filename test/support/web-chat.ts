import { makeIntegration } from "#lib/one-of-each";
import type { Id } from "#shared/runtime/ids";
import { aBot, aWebChannel } from "./make.ts";
import { askAs } from "./one-of-each.ts";
import type { TestAnswer, TestPlatform, TestTeam } from "./test-platform.ts";

/** How a message is sent; the user is `ada` unless another is given. */
export interface Said {
  readonly user?:
    string | { readonly id: string; readonly name?: string; readonly username?: string };
  readonly chat_id?: string;
  readonly message_id?: string;
  /** Seconds that the answer is held for the reply. */
  readonly wait?: number;
}

/** A team with a bot and a web channel, and what users say there. */
export interface WebChat {
  readonly team: TestTeam;
  readonly key: string;
  readonly bot_id: Id<"bot">;
  readonly channel_id: Id<"ch">;
  /** Sends a message and answers with what the API did. */
  readonly say: (content: unknown, said?: Said) => Promise<TestAnswer>;
  /** Sends a message, lets the workers come to rest, and gives the conversation's id. Throws when it is refused. */
  readonly talk: (content: unknown, said?: Said) => Promise<Id<"conv">>;
}

/** Makes a bot with these fields and a web channel; its `echo` integration answers. */
export async function openWebChat(
  platform: TestPlatform,
  options: {
    readonly team?: TestTeam;
    readonly bot?: Readonly<Record<string, unknown>>;
    readonly bot_id?: Id<"bot">;
    /** The URL of a backend that answers instead of `echo`. */
    readonly backend_url?: string;
  } = {},
): Promise<WebChat> {
  const team = options.team ?? (await platform.team());
  const { key } = team;
  const bot_id = options.bot_id ?? (await aBot(platform, key, options.bot));
  if (options.backend_url !== undefined) {
    await makeIntegration(askAs(platform, key), bot_id, { url: options.backend_url });
  }
  const channel_id = await aWebChannel(platform, key, bot_id);
  const say: WebChat["say"] = (content, { user = "ada", wait, ...rest } = {}) =>
    platform.call("sendMessage", {
      as: key,
      params: { id: channel_id },
      ...(wait !== undefined && { query: { wait } }),
      body: { user: typeof user === "string" ? { id: user } : user, ...rest, content },
    });
  return {
    team,
    key,
    bot_id,
    channel_id,
    say,
    talk: async (content, said) => {
      const { status, body, text } = await say(content, said);
      if (status >= 300) throw new Error(text);
      await platform.settle();
      return body.data.message.conversation_id;
    },
  };
}
