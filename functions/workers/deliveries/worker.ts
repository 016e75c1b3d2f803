import * as v from "valibot";
import { defineWorker } from "#shared/queue/define-worker";
import { id } from "#shared/schema/fields";

export const worker = defineWorker({
  name: "deliveries",
  summary: "Delivers events and callbacks, attempt by attempt",
  impact: "Events and callbacks of executions arrive late.",
  trigger: {
    queue: "deliveries",
    message: v.object({
      kind: v.literal("delivery"),
      team_id: id("team"),
      delivery_id: id("dlv"),
    }),
    batchSize: 10,
    maxReceives: 10,
    maxConcurrency: 50,
  },
  timeoutSeconds: 60,
  waits: true,
  grants: {
    table: ["GetItem", "Query", "PutItem", "UpdateItem"],
    sends: ["deliveries"],
    key: ["open"],
  },
});
