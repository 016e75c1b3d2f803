import * as v from "valibot";
import { defineWorker } from "#shared/queue/define-worker";
import { id } from "#shared/schema/fields";

export const worker = defineWorker({
  name: "inbound",
  summary: "Answers the next message of a conversation",
  impact: "Users' messages are kept, but bots do not answer them.",
  trigger: {
    queue: "inbound",
    message: v.object({
      kind: v.literal("conversation"),
      team_id: id("team"),
      conversation_id: id("conv"),
    }),
    batchSize: 10,
    maxReceives: 10,
    maxConcurrency: 100,
  },
  timeoutSeconds: 300,
  waits: true,
  grants: {
    table: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "ConditionCheckItem"],
    sends: ["inbound", "deliveries"],
    key: ["open"],
    blobs: ["put", "read", "delete"],
    publicUrl: true,
    models: true,
  },
});
