import { asBot } from "../bots/bot-store.ts";
import type { StoredBot } from "../bots/bot.ts";
import { asChannel } from "../channels/channel-store.ts";
import type { StoredChannel } from "../channels/channel.ts";
import { keys, messageSk, prefixes } from "../table/keys.ts";
import type { Item, Table } from "../table/table.ts";
import type { StoredConversation } from "./conversation.ts";
import type { StoredMessage } from "./message.ts";

/** That a message with this identity was kept. */
export interface Receipt {
  readonly conversation_id: string;
  readonly number: number;
  /** Unix seconds. */
  readonly remove_at: number;
}

/** Reads conversations and messages of one team at a time. */
export interface ConversationStore {
  /** The head with what it stands under; undefined when any of them is gone or being erased. */
  find(
    teamId: string,
    conversationId: string,
  ): Promise<
    { conversation: StoredConversation; bot: StoredBot; channel: StoredChannel } | undefined
  >;
  head(teamId: string, conversationId: string): Promise<StoredConversation | undefined>;
  message(
    teamId: string,
    conversationId: string,
    number: number,
  ): Promise<StoredMessage | undefined>;
  /** Those that are there, in the order of the numbers. */
  messages(
    teamId: string,
    conversationId: string,
    numbers: readonly number[],
  ): Promise<StoredMessage[]>;
  /** All with numbers in this range, ascending. */
  range(teamId: string, conversationId: string, from: number, to: number): Promise<StoredMessage[]>;
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
});
