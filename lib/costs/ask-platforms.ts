import {
  discordCall,
  discordPublicKey,
  type HookCall,
  slackCall,
  telegramCall,
  whatsAppCall,
} from "../bench/hook-calls.ts";
import { type Ask, type Made, makeBot } from "../one-of-each.ts";

/** A platform on which a bot is asked. */
export interface AskedPlatform {
  readonly type: "telegram" | "slack" | "discord" | "whatsapp";
  /** As people write it. */
  readonly name: string;
  /** Of one account, and of another. */
  readonly credentials: readonly [object, object];
  /** The call with a message of one of several people. `secret` is what Telegram was told to give. */
  readonly call: (number: number, secret: string, person?: number) => HookCall;
  /** The call with somebody else's file; there where files are priced. */
  readonly callWithFile?: AskedPlatform["call"];
}

/** Stands behind the name of an answer to a message with a file. */
export const withFile = " and file";

const signing_secret = "0123456789abcdef0123456789abcdef";

const sender = 7_000_000;
const aPhoto = { file_id: "one", file_unique_id: "one", width: 1_280, height: 853 };

/** A bot on Telegram. */
export const onTelegram: AskedPlatform = {
  type: "telegram",
  name: "Telegram",
  credentials: [
    { bot_token: "4200:AAH-of_a_bot_of_Telegrams_0123456789" },
    { bot_token: "4300:AAH-of_a_bot_of_Telegrams_0123456789" },
  ],
  call: (number, secret, person = 0) => telegramCall(secret, number, 6_000_000 + person),
  callWithFile: (number, secret) => telegramCall(secret, number, sender, { photo: [aPhoto] }),
};

/** A bot on Slack. */
const onSlack: AskedPlatform = {
  type: "slack",
  name: "Slack",
  credentials: [
    { bot_token: "xoxb-U0BOT", signing_secret },
    { bot_token: "xoxb-U1BOT", signing_secret },
  ],
  call: (number, _, person = 0) => slackCall(signing_secret, number, `ADA${person}`),
};

const applicationOf = (application_id: string) => ({
  // The platform that is asked reads the id in it.
  bot_token: `MTEw.${application_id}.secret`,
  application_id,
  public_key: discordPublicKey,
});

/** A bot on Discord. */
const onDiscord: AskedPlatform = {
  type: "discord",
  name: "Discord",
  credentials: [applicationOf("1100000000000000001"), applicationOf("1100000000000000009")],
  call: (number, _, person = 0) => discordCall(number, String(1_400_000 + person)),
};

const ofNumber = {
  access_token: "EAAJB0123456789abcdefghijklmnopqrstuvwxyz",
  phone_number_id: "106540352242922",
  waba_id: "102290129340398",
  app_secret: signing_secret,
};

/** A bot on WhatsApp. */
const onWhatsApp: AskedPlatform = {
  type: "whatsapp",
  name: "WhatsApp",
  credentials: [ofNumber, { ...ofNumber, phone_number_id: "106540352242999" }],
  call: (number, _, person = 0) =>
    whatsAppCall(signing_secret, number, ofNumber.phone_number_id, String(16_505_551_234 + person)),
};

/** The platforms that are priced. */
export const askedPlatforms: readonly AskedPlatform[] = [
  onTelegram,
  onSlack,
  onDiscord,
  onWhatsApp,
];

/** What asking takes, and what waits until something is done. */
export interface AskPlatformDeps {
  readonly ask: Ask;
  /** The same, for what is about a channel. */
  readonly askOfChannel: Ask;
  /** Calls the hook at this address. Throws when it refuses. */
  readonly tell: (hookUrl: string, call: (secret: string) => HookCall) => Promise<void>;
  /** Until bots have sent so many more messages than at the beginning. */
  readonly answered: (replies: number) => Promise<void>;
  /** Until so many more jobs about channels have ended. */
  readonly settled: (jobs: number) => Promise<void>;
}

/**
 * Connects a bot to a platform, has people write to it there, gives the channel another account and deletes it. Gives the
 * conversations, each with the words that stand behind the name of its most costly answer.
 */
export async function askPlatform(
  { ask, askOfChannel, tell, answered, settled }: AskPlatformDeps,
  { type, credentials: [one, other], call, callWithFile }: AskedPlatform,
): Promise<ReadonlyMap<string, string>> {
  const { id: bot_id } = await makeBot(ask);
  const body = { type, credentials: one };
  const channel = (await askOfChannel("createChannel", {
    params: { bot_id },
    body,
  })) as Made<"ch">;
  const params = { id: channel.id };
  const hookUrl = String(channel["webhook_url"]);
  let replies = 0;
  const say = async (saying: AskedPlatform["call"]) => {
    const number = replies + 1;
    await tell(hookUrl, (secret) => saying(number, secret));
    await answered(++replies);
  };
  for (let message = 1; message <= 5; message++) await say(call);
  if (callWithFile) await say(callWithFile);
  // The last of somebody who has written before.
  await say(call);
  await askOfChannel("getChannel", { params });
  const chats = (await ask("listConversations", { params: { bot_id } })) as readonly Made[];
  await askOfChannel("updateChannel", { params, body: { credentials: other } });
  await settled(1);
  await askOfChannel("deleteChannel", { params });
  await settled(2);
  return new Map(
    chats.map(({ id, chat_id }) => [id, chat_id === String(sender) ? withFile : ""] as const),
  );
}
