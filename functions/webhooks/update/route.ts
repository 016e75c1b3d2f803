import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";
import { Webhook, WebhookPatch } from "#shared/webhooks/webhook";
import { webhookExample } from "#shared/webhooks/webhook-example";

export const route = defineRoute({
  operationId: "updateWebhookEndpoint",
  method: "PATCH",
  path: "/v1/webhooks/{id}",
  tag: "Webhooks",
  summary: "Change a webhook endpoint",
  description:
    "Fields that are left out stay; `events` replaces the whole list. A new `url` counts for deliveries that wait, too, and keeps the secret. Disabled, it is told of nothing, and deliveries that wait fail with `endpoint_disabled` when they are due: activate it and replay them.",
  auth: { scope: "webhooks:write" },
  params: idParams("wh"),
  body: WebhookPatch,
  answers: "one",
  data: Webhook,
  status: 200,
  errors: ["url_not_allowed"],
  grants: { table: ["GetItem", "PutItem", "UpdateItem"] },
  example: { body: { events: ["*"] }, data: { ...webhookExample, events: ["*"] } },
});
