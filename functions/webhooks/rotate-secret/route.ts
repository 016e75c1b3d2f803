import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";
import { WebhookWithSecret } from "#shared/webhooks/webhook";
import { webhookWithSecretExample } from "#shared/webhooks/webhook-example";

export const route = defineRoute({
  operationId: "rotateWebhookEndpointSecret",
  method: "POST",
  path: "/v1/webhooks/{id}/rotate-secret",
  tag: "Webhooks",
  summary: "Replace the secret of a webhook endpoint",
  description:
    "Answers with the new secret, which is shown only here. The old one signs beside it for 24 hours.",
  auth: { scope: "webhooks:write" },
  params: idParams("wh"),
  answers: "one",
  data: WebhookWithSecret,
  status: 200,
  answersSecret: true,
  errors: [],
  grants: { table: ["GetItem", "PutItem", "UpdateItem"], key: ["seal", "open"] },
  example: { data: webhookWithSecretExample },
});
