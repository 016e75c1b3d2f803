import type { Id } from "#shared/runtime/ids";
import { type Api, askOf } from "../api.ts";
import { makeIntegration, makeWebBot } from "../one-of-each.ts";

/** A bot with one web channel whose messages a backend answers, a webhook unless told, and no echo. */
export async function webhookBot(
  api: Api,
  backendUrl: string,
  fields: object = {},
): Promise<{ botId: Id<"bot">; channelId: Id<"ch"> }> {
  const ask = askOf(api);
  const { bot_id, channel_id } = await makeWebBot(ask, { name: "Bench" });
  const { data: integrations } = await api("GET", `/v1/bots/${bot_id}/integrations`);
  for (const { id } of integrations as unknown as { id: string }[]) {
    await api("DELETE", `/v1/integrations/${id}`);
  }
  await makeIntegration(ask, bot_id, { url: backendUrl, ...fields });
  return { botId: bot_id, channelId: channel_id };
}
