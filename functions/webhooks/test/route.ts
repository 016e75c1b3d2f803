import { Delivery } from "#shared/deliveries/delivery";
import { testDeliveryExample } from "#shared/deliveries/delivery-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "testWebhookEndpoint",
  method: "POST",
  path: "/v1/webhooks/{id}/test",
  tag: "Webhooks",
  summary: "Tell a webhook endpoint of a test",
  description:
    "Sends a `webhook.test`, whatever its `events` are, and answers the delivery, which says later what became of it. 409 while the endpoint is disabled.",
  auth: { scope: "webhooks:write" },
  params: idParams("wh"),
  answers: "one",
  data: Delivery,
  status: 200,
  errors: ["conflict"],
  grants: { table: ["GetItem", "PutItem"], sends: ["deliveries"] },
  example: { data: testDeliveryExample },
});
