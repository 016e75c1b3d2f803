import { defineRoute } from "#shared/http/define-route";
import { WebhookInput, WebhookWithSecret } from "#shared/webhooks/webhook";
import { webhookWithSecretExample } from "#shared/webhooks/webhook-example";

export const route = defineRoute({
  operationId: "createWebhookEndpoint",
  method: "POST",
  path: "/v1/webhooks",
  tag: "Webhooks",
  summary: "Register an endpoint that is told of events",
  description:
    "A team can have 20. The `secret` is in this answer and never again. It is told of what happens from now on.",
  auth: { scope: "webhooks:write" },
  body: WebhookInput,
  answers: "one",
  data: WebhookWithSecret,
  status: 201,
  location: "/v1/webhooks/{id}",
  answersSecret: true,
  errors: ["conflict", "url_not_allowed"],
  grants: { table: ["GetItem", "Query", "PutItem", "UpdateItem"], key: ["seal", "open"] },
  example: {
    body: {
      url: "https://example.com/hooks/chatbot",
      events: ["message.received", "agent_loop.completed"],
      description: "Our CRM",
    },
    data: webhookWithSecretExample,
  },
});
