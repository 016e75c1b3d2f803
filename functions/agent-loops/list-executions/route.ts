import * as v from "valibot";
import { Execution, ExecutionStatus, Trigger } from "#shared/executions/execution";
import { executionExample } from "#shared/executions/execution-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams, time } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "listExecutions",
  method: "GET",
  path: "/v1/agent-loops/{id}/executions",
  tag: "Agent loops",
  summary: "List the executions of an agent loop",
  description:
    "Newest first; long texts are cut at 8 KiB. May lag a write by about a second. With `status` or `trigger` the newest 10,000 are looked at, and the cursor goes on.",
  auth: { scope: "agent-loops:read" },
  params: idParams("loop"),
  query: v.strictObject({
    status: v.pipe(v.optional(ExecutionStatus), v.description("Only executions in this status.")),
    trigger: v.pipe(v.optional(Trigger), v.description("Only executions started by this.")),
    created_after: v.pipe(v.optional(time), v.description("Made at this time or later.")),
    created_before: v.pipe(v.optional(time), v.description("Made before this time.")),
  }),
  answers: "page",
  unboundedPages: { but: ["status", "trigger"] },
  data: Execution,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "BatchGetItem", "Query listed"] },
  example: { data: executionExample },
});
