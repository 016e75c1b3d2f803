import * as v from "valibot";
import { Delivery } from "#shared/deliveries/delivery";
import { deliveryExample } from "#shared/deliveries/delivery-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "getDelivery",
  method: "GET",
  path: "/v1/deliveries/{id}",
  tag: "Webhooks",
  summary: "Get a delivery",
  description:
    "One event on its way to one receiver, with every attempt. Callbacks of executions are deliveries too. Kept 30 days.",
  auth: { scope: "webhooks:read" },
  params: idParams("dlv"),
  query: v.strictObject({
    include: v.pipe(
      v.optional(
        v.pipe(
          v.picklist(["body"]),
          v.title("DeliveryInclude"),
          v.description("What of a delivery is shown only where somebody asks for it."),
        ),
      ),
      v.description("`body` shows the body that is sent, which is left out otherwise."),
    ),
  }),
  answers: "one",
  data: Delivery,
  status: 200,
  errors: [],
  grants: { table: ["GetItem"] },
  example: { data: deliveryExample },
});
