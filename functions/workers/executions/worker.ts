import * as v from "valibot";
import { defineWorker } from "#shared/queue/define-worker";
import { id } from "#shared/schema/fields";

export const worker = defineWorker({
  name: "executions",
  summary: "Advances executions of agent loops, one stored step after another",
  impact: "Executions of agent loops stay queued or stand still.",
  trigger: {
    queue: "executions",
    message: v.object({
      kind: v.literal("execution"),
      team_id: id("team"),
      execution_id: id("exec"),
    }),
    batchSize: 1,
    maxReceives: 10,
    maxConcurrency: 100,
  },
  timeoutSeconds: 900,
  waits: true,
  grants: {
    table: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem"],
    sends: ["executions", "deliveries"],
    key: ["open"],
    models: true,
  },
});
