import * as v from "valibot";
import { defineWorker } from "#shared/queue/define-worker";
import { id } from "#shared/schema/fields";

export const worker = defineWorker({
  name: "jobs",
  summary: "Erases what was deleted",
  impact: "What was deleted is hidden, but not yet erased.",
  trigger: {
    queue: "jobs",
    message: v.object({ kind: v.literal("job"), team_id: id("team"), job_id: id("job") }),
    batchSize: 1,
    maxReceives: 10,
    maxConcurrency: 5,
  },
  timeoutSeconds: 900,
  grants: {
    table: [
      "GetItem",
      "BatchGetItem",
      "Query",
      "PutItem",
      "UpdateItem",
      "DeleteItem",
      "BatchWriteItem",
    ],
    sends: ["jobs"],
  },
});
