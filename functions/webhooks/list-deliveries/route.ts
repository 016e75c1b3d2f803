import * as v from "valibot";
import { Delivery, DeliveryStatus } from "#shared/deliveries/delivery";
import { testDeliveryExample } from "#shared/deliveries/delivery-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";
import { ReportedType } from "#shared/webhooks/event-type";

export const route = defineRoute({
  operationId: "listDeliveries",
  method: "GET",
  path: "/v1/webhooks/{id}/deliveries",
  tag: "Webhooks",
  summary: "List the deliveries to a webhook endpoint",
  description:
    "Newest first, kept 30 days. May lag a write by about a second. Looks at 10,000 deliveries at once: beyond them `total` is what was counted, a page may be shorter, and the cursor goes on.",
  auth: { scope: "webhooks:read" },
  params: idParams("wh"),
  query: v.strictObject({
    status: v.pipe(v.optional(DeliveryStatus), v.description("Only deliveries in this status.")),
    event_type: v.pipe(
      v.optional(ReportedType),
      v.description("Only deliveries of events of this type."),
    ),
  }),
  answers: "page",
  data: Delivery,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "BatchGetItem", "Query listed"] },
  example: { data: testDeliveryExample },
});
