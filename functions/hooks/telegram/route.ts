import * as v from "valibot";
import { hookGrants, hookRoute } from "#shared/channels/hook-route";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  ...hookRoute,
  operationId: "receiveTelegramUpdate",
  path: "/v1/hooks/telegram/{channel_id}",
  summary: "Receive what Telegram sends to a channel",
  description:
    "Telegram calls this address, and nobody else has to. A message is kept exactly once, however often it comes, and is answered by the bot afterwards. Whatever a call with the right secret holds, it is answered with 200.",
  auth: { signed: "Telegram" },
  headers: ["x-telegram-bot-api-secret-token"],
  data: v.string(),
  grants: hookGrants,
});
