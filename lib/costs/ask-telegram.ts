import { privateMessage } from "../bench/private-message.ts";
import {
  type Ask,
  type Made,
  makeBot,
  makeTelegramChannel,
  telegramCredentials,
} from "../one-of-each.ts";

/** Tells the hook of a channel what Telegram would tell it. Throws when it is refused. */
export type Tell = (channelId: string, update: object) => Promise<void>;

/** What asking takes, and what waits until something is done. */
export interface TelegramDeps {
  readonly ask: Ask;
  /** The same, for what is about a channel. */
  readonly askOfChannel: Ask;
  readonly tell: Tell;
  /** Until bots have sent so many messages. */
  readonly answered: (replies: number) => Promise<void>;
  /** Until so many jobs about channels have ended. */
  readonly settled: (jobs: number) => Promise<void>;
}

/**
 * Connects a bot to Telegram, has somebody write to it there, gives the channel another account and deletes it. Gives the
 * id of the conversation.
 */
export async function askTelegram(deps: TelegramDeps): Promise<string> {
  const { ask, askOfChannel, tell, answered, settled } = deps;
  const { id: bot_id } = await makeBot(ask);
  const { id } = await makeTelegramChannel(askOfChannel, bot_id);
  for (let message = 1; message <= 6; message++) {
    await tell(id, privateMessage(message));
    await answered(message);
  }
  await askOfChannel("getChannel", { params: { id } });
  const chats = (await ask("listConversations", { params: { bot_id } })) as readonly Made[];
  await askOfChannel("updateChannel", {
    params: { id },
    body: { credentials: telegramCredentials(4_300) },
  });
  await settled(1);
  await askOfChannel("deleteChannel", { params: { id } });
  await settled(2);
  return chats[0]?.id ?? "";
}
