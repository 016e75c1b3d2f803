import { aBot } from "./make.ts";
import type { TestPlatform } from "./test-platform.ts";

/** A bot of a new team, and how its integrations are made and listed. */
export async function botForIntegrations(platform: TestPlatform) {
  const team = await platform.team();
  const bot_id = await aBot(platform, team.key);
  // Younger than the bot's echo.
  platform.advance(1);
  const params = { bot_id };
  return {
    team,
    bot_id,
    create: (body: unknown, headers: Record<string, string> = {}, as = team.key) =>
      platform.call("createIntegration", { as, params, body, headers }),
    list: async () => (await platform.call("listIntegrations", { as: team.key, params })).body.data,
  };
}
