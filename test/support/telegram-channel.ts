import { startFakeTelegram } from "./fake-telegram.ts";
import { useFake } from "./platform-channel.ts";

/** The token of the bot that the fake server knows. */
export const botToken = "4200:AAH-of_a_bot_of_Telegrams_0123456789";
/** The token of another bot. */
export const otherToken = "4300:BBH-of_another_bot_of_Telegram_012345";

/** A Telegram for the tests of a file. */
export const useTelegram = () => useFake("telegram", () => startFakeTelegram(botToken));
