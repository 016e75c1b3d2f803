import * as v from "valibot";
import { hookGrants, hookRoute } from "#shared/channels/hook-route";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  ...hookRoute,
  operationId: "receiveWhatsAppCall",
  path: "/v1/hooks/whatsapp/{channel_id}",
  summary: "Receive what WhatsApp sends to a channel",
  description:
    "Meta calls this address, and nobody else has to. A call may bring many messages, and what became of those that were sent. A message is kept exactly once, however often it comes, and is answered by the bot afterwards. Whatever a call with the right signature holds, it is answered with 200.",
  auth: { signed: "WhatsApp" },
  headers: ["x-hub-signature-256"],
  data: v.string(),
  grants: { ...hookGrants, key: ["open"] },
});
