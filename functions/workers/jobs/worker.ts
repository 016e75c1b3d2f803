import * as v from "valibot";
import { defineWorker } from "#shared/queue/define-worker";
import { id } from "#shared/schema/fields";

export const worker = defineWorker({
  name: "jobs",
  summary:
    "Starts scheduled executions, erases what was deleted, replays deliveries and connects channels",
  impact:
    "Scheduled executions start late; what was deleted is hidden, but not yet erased; replays wait, and so do pending channels.",
  trigger: {
    queue: "jobs",
    message: v.variant("kind", [
      v.object({ kind: v.literal("job"), team_id: id("team"), job_id: id("job") }),
      v.object({ kind: v.literal("schedule"), team_id: id("team"), agent_loop_id: id("loop") }),
      v.object({ kind: v.literal("replay"), team_id: id("team"), job_id: id("job") }),
      v.object({ kind: v.literal("connection"), team_id: id("team"), channel_id: id("ch") }),
    ]),
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
      "Query listed",
      "PutItem",
      "UpdateItem",
      "DeleteItem",
      "BatchWriteItem",
      "ConditionCheckItem",
    ],
    sends: ["jobs", "executions", "deliveries"],
    key: ["open"],
    blobs: ["delete"],
  },
});
