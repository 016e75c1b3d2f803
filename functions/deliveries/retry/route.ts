import { Delivery } from "#shared/deliveries/delivery";
import { deliveryExample } from "#shared/deliveries/delivery-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "retryDelivery",
  method: "POST",
  path: "/v1/deliveries/{id}/retry",
  tag: "Webhooks",
  summary: "Try a delivery at once",
  description:
    "Also one that has failed for good. 409 for one that has succeeded, and while its endpoint is disabled or after it was deleted.",
  auth: { scope: "webhooks:write" },
  params: idParams("dlv"),
  answers: "one",
  data: Delivery,
  status: 200,
  errors: ["conflict"],
  grants: { table: ["GetItem", "UpdateItem"], sends: ["deliveries"] },
  example: { data: deliveryExample },
});
