import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";
import { Webhook } from "#shared/webhooks/webhook";
import { webhookExample } from "#shared/webhooks/webhook-example";

export const route = defineRoute({
  operationId: "getWebhookEndpoint",
  method: "GET",
  path: "/v1/webhooks/{id}",
  tag: "Webhooks",
  summary: "Get a webhook endpoint",
  description:
    "What it is told of, and whether it still is: one that failed everything for five days is disabled. Its secret is not shown.",
  auth: { scope: "webhooks:read" },
  params: idParams("wh"),
  answers: "one",
  data: Webhook,
  status: 200,
  errors: [],
  grants: { table: ["GetItem"] },
  example: { data: webhookExample },
});
