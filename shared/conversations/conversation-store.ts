import type { StoredBot } from "../bots/bot.ts";
import { asBot } from "../bots/bot-store.ts";
import type { StoredChannel } from "../channels/channel.ts";
import { asChannel } from "../channels/channel-store.ts";
import type { Id } from "../runtime/ids.ts";
import { all, equals, missing } from "../table/condition.ts";
import { keys, messageSk, prefixes } from "../table/keys.ts";
import { dueShard } from "../table/shards.ts";
import type { Item, Parts, Table } from "../table/table.ts";
import type { StoredConversation } from "./conversation.ts";
import type { StoredMessage } from "./message.ts";

/** That a message with this identity was kept. */
export interface Receipt {
  readonly conversation_id: Id<"conv">;
  readonly number: number;
  /** Unix seconds. */
  readonly remove_at: number;
}

/** Reads conversations and messages of one team at a time, and takes conversations out of sight. */
export interface ConversationStore {
  /** The head with what it stands under; undefined when any of them is gone or being erased. */
  find(
    teamId: Id<"team">,
    conversationId: Id<"conv">,
  ): Promise<
    { conversation: StoredConversation; bot: StoredBot; channel: StoredChannel } | undefined
  >;
  head(teamId: Id<"team">, conversationId: Id<"conv">): Promise<StoredConversation | undefined>;
  message(
    teamId: Id<"team">,
    conversationId: Id<"conv">,
    number: number,
  ): Promise<StoredMessage | undefined>;
  /** Those that are there, in the order of the numbers. */
  messages(
    teamId: Id<"team">,
    conversationId: Id<"conv">,
    numbers: readonly number[],
  ): Promise<StoredMessage[]>;
  /** All with numbers in this range, ascending. */
  range(
    teamId: Id<"team">,
    conversationId: Id<"conv">,
    from: number,
    to: number,
  ): Promise<StoredMessage[]>;
  /** Hides a conversation if no message came in since it was seen. The rows of its users stay. */
  hide(teamId: Id<"team">, seen: StoredConversation): Promise<"hidden" | "changed">;
  /** Hides a conversation, and puts with it the job that erases it. A new message of its chat begins another. */
  markDeleted(
    teamId: Id<"team">,
    conversation: StoredConversation,
    withIt: Parts,
  ): Promise<"marked" | "unknown">;
}

/** Rows of conversations are written by this folder alone; undefined for one that is being erased. */
export const asConversation = (item: Item | undefined): StoredConversation | undefined => {
  const head = item as (Item & StoredConversation) | undefined;
  return head?.erasing ? undefined : head;
};

/** Rows of messages are written by this folder alone. */
export const asMessage = (item: Item) => item as Item & StoredMessage;

/** Rows of receipts are written by this folder alone. */
export const asReceipt = (item: Item | undefined) => item as (Item & Receipt) | undefined;

/** Conversations over the table. */
export const createConversationStore = (table: Table): ConversationStore => ({
  find: async (teamId, conversationId) => {
    const head = asConversation(await table.get(keys.conversation(teamId, conversationId)));
    if (!head) return undefined;
    const [channelRow, botRow] = await table.batchGet([
      keys.channel(teamId, head.bot_id, head.channel_id),
      keys.bot(teamId, head.bot_id),
    ]);
    const channel = asChannel(channelRow);
    const bot = asBot(botRow);
    return channel && bot && { conversation: head, bot, channel };
  },

  head: async (teamId, conversationId) =>
    asConversation(await table.get(keys.conversation(teamId, conversationId))),

  message: async (teamId, conversationId, number) => {
    const row = await table.get(keys.message(teamId, conversationId, number));
    return row && asMessage(row);
  },

  messages: async (teamId, conversationId, numbers) => {
    if (numbers.length === 0) return [];
    const rows = await table.batchGet(
      numbers.map((number) => keys.message(teamId, conversationId, number)),
    );
    return rows.flatMap((row) => (row ? [asMessage(row)] : []));
  },

  range: async (teamId, conversationId, from, to) => {
    if (to < from) return [];
    const { pk } = prefixes.messages(teamId, conversationId);
    const rows = await table.queryAll({
      pk,
      where: { between: [messageSk(Math.max(1, from)), messageSk(to)] },
    });
    return rows.map(asMessage);
  },

  hide: async (teamId, seen) => {
    const { head, ...others } = hiding(teamId, seen);
    const isAsSeen = all(head.condition, equals("message_count", seen.message_count));
    const outcome = await table.transact({ head: { ...head, condition: isAsSeen }, ...others });
    return outcome.applied ? "hidden" : "changed";
  },

  markDeleted: async (teamId, conversation, withIt) => {
    const { id, bot_id, channel_id, platform, user, key_sha256 } = conversation;
    const outcome = await table.transact(
      {
        ...hiding(teamId, conversation),
        user: { delete: keys.userConversation(teamId, bot_id, platform, user.id, id) },
      },
      withIt,
    );
    if (!outcome.applied) return "unknown";
    await table.delete(
      keys.conversationKey(teamId, channel_id, key_sha256),
      equals("conversation_id", id),
    );
    return "marked";
  },
});

/** The parts that take a conversation out of sight: head, list, count and work. */
function hiding(teamId: Id<"team">, { id, bot_id, channel_id }: StoredConversation) {
  return {
    head: {
      update: keys.conversation(teamId, id),
      change: { set: { erasing: true }, remove: ["list_pk", "list_sk"] },
      condition: missing("erasing"),
    },
    count: {
      update: keys.conversationCount(teamId, bot_id, channel_id, dueShard(id)),
      change: { add: { n: -1 } },
    },
    work: { delete: keys.conversationWork(teamId, id) },
  };
}
