import { defineRoute } from "#shared/http/define-route";
import { deleted, idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "deleteWebhookEndpoint",
  method: "DELETE",
  path: "/v1/webhooks/{id}",
  tag: "Webhooks",
  summary: "Delete a webhook endpoint",
  description:
    "It is told of nothing more: deliveries that wait fail with `endpoint_deleted` when they are due. Disable it instead to be able to replay them.",
  auth: { scope: "webhooks:write" },
  params: idParams("wh"),
  answers: "one",
  data: deleted("wh"),
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "PutItem", "DeleteItem"] },
});
