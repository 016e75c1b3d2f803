import type { Id } from "#shared/runtime/ids";
import { aBot, created } from "./make.ts";
import type { TestPlatform } from "./test-platform.ts";
import type { WebChat } from "./web-chat.ts";

/** Adds a backend to the bot of a chat: younger than all that it has. */
export async function addBackend(
  platform: TestPlatform,
  { key, bot_id }: Pick<WebChat, "key" | "bot_id">,
  url: string,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<Id<"int">> {
  platform.advance(1);
  return created<"int">(platform, "createIntegration", {
    as: key,
    params: { bot_id },
    body: { name: "Backend", url, ...fields },
  });
}

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
