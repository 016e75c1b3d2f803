import { startFakeTelegram } from "./fake-telegram.ts";
import { aBotFor, useFake } from "./platform-channel.ts";
import type { TestPlatform, TestTeam } from "./test-platform.ts";

/** The token of the bot that the fake server knows. */
export const botToken = "4200:AAH-of_a_bot_of_Telegrams_0123456789";
/** The token of another bot. */
export const otherToken = "4300:BBH-of_another_bot_of_Telegram_012345";

/** A Telegram for the tests of a file. */
export const useTelegram = () => useFake("telegram", () => startFakeTelegram(botToken));

/** A team with a bot, and how it makes a Telegram channel. */
export async function aTelegramBot(platform: TestPlatform, team?: TestTeam) {
  const bot = await aBotFor(platform, "telegram", { bot_token: botToken }, team);
  return {
    ...bot,
    create: (bot_token = botToken, headers: Record<string, string> = {}) =>
      bot.create({ bot_token }, headers),
  };
}
