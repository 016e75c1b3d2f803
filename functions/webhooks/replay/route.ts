import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";
import { ReplayInput } from "#shared/webhooks/replay";

export const route = defineRoute({
  operationId: "replayDeliveries",
  method: "POST",
  path: "/v1/webhooks/{id}/replay",
  tag: "Webhooks",
  summary: "Send deliveries to a webhook endpoint again",
  description:
    "Those that failed or have an attempt that failed, or with `all` each that was tried. Each is tried once more at once, under the same `webhook-id`, and goes on from there. A job does it, so deliveries show it one after another; it ends early when the endpoint is disabled or deleted. 409 while the endpoint is disabled.",
  auth: { scope: "webhooks:write" },
  params: idParams("wh"),
  body: ReplayInput,
  answers: "one",
  data: v.pipe(
    v.object({
      replayed: v.pipe(
        v.number(),
        v.integer(),
        v.description("How many deliveries match, counted up to 10,000. All that match are sent."),
      ),
    }),
    v.title("DeliveryReplayResult"),
    v.description("How much is sent again."),
  ),
  status: 200,
  errors: ["conflict"],
  grants: {
    table: ["GetItem", "BatchGetItem", "Query listed", "PutItem"],
    sends: ["jobs"],
  },
  example: { body: { since: "2026-01-02T03:00:00Z" }, data: { replayed: 12 } },
});
