import { type Made, makeIntegration } from "#lib/one-of-each";
import { askAs } from "./one-of-each.ts";
import type { TestPlatform } from "./test-platform.ts";
import { aBot } from "./web-chat.ts";

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

/** A webhook of a new bot, as its creation shows it: with its secret. Throws when it is refused. */
export async function createdWebhook(platform: TestPlatform, as: string, fields: object = {}) {
  const url = "https://backend.example.com/chat";
  const made = await makeIntegration(askAs(platform, as), await aBot(platform, as), {
    url,
    ...fields,
  });
  return made as Made & { readonly bot_id: string; readonly signing_secret: string };
}
