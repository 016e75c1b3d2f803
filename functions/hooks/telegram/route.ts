import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";
import { id } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "receiveTelegramUpdate",
  method: "POST",
  path: "/v1/hooks/telegram/{channel_id}",
  tag: "Channels",
  summary: "Receive what Telegram sends to a channel",
  description:
    "Telegram calls this address, and nobody else has to. A message is kept exactly once, however often it comes, and is answered by the bot afterwards. Whatever a call with the right secret holds, it is answered with 200.",
  auth: { signed: "Telegram" },
  params: v.object({ channel_id: id("ch") }),
  input: "bytes",
  maxBytes: 4 * 1024 * 1024,
  headers: ["x-telegram-bot-api-secret-token"],
  answers: "raw",
  refusals: "plain",
  data: v.string(),
  status: 200,
  errors: ["not_found"],
  grants: {
    table: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem"],
    sends: ["inbound", "deliveries"],
  },
});
