// What `tsc` holds of ids: each says what it is of, and none is taken for another. Nothing here runs.
import type * as v from "valibot";
import type { Caller } from "#shared/auth/scopes";
import type { BotStore } from "#shared/bots/bot-store";
import type { ChannelStore } from "#shared/channels/channel-store";
import type { StoredMessage } from "#shared/conversations/message";
import type { Id } from "#shared/runtime/ids";
import type { Mint } from "#shared/runtime/mint";
import { id } from "#shared/schema/fields";
import { keys } from "#shared/table/keys";
import type { WorkRef } from "#shared/work/work-kinds";

/** True for types that are the same to the letter. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_Proof extends true>() => {};
const fails = <_Proof extends false>() => {};

fails<Same<Id<"bot">, Id<"ch">>>();
fails<Same<Id<"bot">, string>>();

export async function calls(
  { team_id, key_id }: Caller,
  bots: BotStore,
  channels: ChannelStore,
  { id: messageId, conversation_id }: StoredMessage,
  mint: Mint,
) {
  const botId = mint.id("bot");
  const channelId = mint.id("ch");
  holds<Same<typeof botId, Id<"bot">>>();

  // What a store is asked for is of its noun, and of a team.
  await bots.find(team_id, botId);
  await channels.find(team_id, channelId);
  // @ts-expect-error: a channel is no bot.
  await bots.find(team_id, channelId);
  // @ts-expect-error: a bot is no channel.
  await channels.find(team_id, botId);
  // @ts-expect-error: the bot and its team in the wrong order.
  await bots.find(botId, team_id);
  // @ts-expect-error: a key is no team.
  await bots.list(key_id);
  // @ts-expect-error: a text that nobody looked at is no id.
  await bots.find(team_id, String(botId));

  // So are the parts of keys.
  keys.channel(team_id, botId, channelId);
  // @ts-expect-error: bot and channel in the wrong order.
  keys.channel(team_id, channelId, botId);
  keys.message(team_id, conversation_id, 1);
  // @ts-expect-error: messages stand under their conversation.
  keys.message(team_id, messageId, 1);

  // A literal is an id by what it begins with.
  await bots.find("team_1", "bot_1");
  // @ts-expect-error: it begins with what channels begin with.
  await bots.find("team_1", "ch_1");
}

// A schema takes any text and gives an id.
const channel = id("ch");
holds<Same<v.InferInput<typeof channel>, string>>();
holds<Same<v.InferOutput<typeof channel>, Id<"ch">>>();

// A reference to work names it by an id of its kind.
holds<Same<WorkRef<"execution">["execution_id"], Id<"exec">>>();
holds<Same<WorkRef<"schedule">["agent_loop_id"], Id<"loop">>>();
holds<Same<WorkRef["team_id"], Id<"team">>>();
