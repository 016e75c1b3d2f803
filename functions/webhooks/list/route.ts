import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";
import { Webhook, WebhookStatus } from "#shared/webhooks/webhook";
import { webhookExample } from "#shared/webhooks/webhook-example";

export const route = defineRoute({
  operationId: "listWebhookEndpoints",
  method: "GET",
  path: "/v1/webhooks",
  tag: "Webhooks",
  summary: "List the webhook endpoints of the team",
  description: "Newest first, those that are disabled too. Their secrets are not shown.",
  auth: { scope: "webhooks:read" },
  query: v.strictObject({
    status: v.pipe(v.optional(WebhookStatus), v.description("Only endpoints in this status.")),
  }),
  answers: "page",
  data: Webhook,
  status: 200,
  errors: [],
  grants: { table: ["Query"] },
  example: { data: webhookExample },
});
