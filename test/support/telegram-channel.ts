import { afterAll, beforeAll, beforeEach } from "@jest/globals";
import type { Id } from "#shared/runtime/ids";
import { type FakeTelegram, startFakeTelegram } from "./fake-telegram.ts";
import { created } from "./make.ts";
import type { TestPlatform, TestTeam } from "./test-platform.ts";

/** The token of the bot that the fake server knows. */
export const botToken = "4200:AAH-of_a_bot_of_Telegrams_0123456789";
/** The token of another bot. */
export const otherToken = "4300:BBH-of_another_bot_of_Telegram_012345";

/**
 * A Telegram for the tests of a file, one for each test, and a platform that it could call. Called after `usePlatform`.
 */
export function useTelegram(): { readonly fake: FakeTelegram } {
  const holder: { fake?: FakeTelegram } = {};
  const before = { ...process.env };
  beforeAll(() => {
    process.env["PUBLIC_URL"] = "https://chat.example.com";
  });
  beforeEach(async () => {
    await holder.fake?.close();
    holder.fake = await startFakeTelegram(botToken);
    process.env["TELEGRAM_API_URL"] = holder.fake.url;
  });
  afterAll(async () => {
    await holder.fake?.close();
    process.env = before;
  });
  return {
    get fake() {
      // Tests run after it was started.
      return holder.fake!;
    },
  };
}

/** A team with a bot, and how it makes a Telegram channel. */
export async function aTelegramBot(platform: TestPlatform, team?: TestTeam) {
  const { id: team_id, key } = team ?? (await platform.team());
  const bot_id = await created<"bot">(platform, "createBot", {
    as: key,
    body: { name: "Concierge" },
  });
  return {
    team_id,
    key,
    bot_id,
    create: (bot_token = botToken, headers: Record<string, string> = {}) =>
      platform.call("createChannel", {
        as: key,
        params: { bot_id },
        headers,
        body: { type: "telegram", credentials: { bot_token } },
      }),
    read: async (id: Id<"ch">) =>
      (await platform.call("getChannel", { as: key, params: { id } })).body.data,
    call: (operationId: string, id: string, body?: unknown) =>
      platform.call(operationId, { as: key, params: { id }, body }),
  };
}
