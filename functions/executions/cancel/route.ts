import { Execution } from "#shared/executions/execution";
import { executionExample } from "#shared/executions/execution-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "cancelExecution",
  method: "POST",
  path: "/v1/executions/{id}/cancel",
  tag: "Agent loops",
  summary: "Cancel an execution",
  description:
    "Ends it for good at once; its worker stops within seconds, and the callback goes out. An execution that has ended is 409.",
  auth: { scope: "agent-loops:write" },
  params: idParams("exec"),
  answers: "one",
  data: Execution,
  status: 200,
  errors: ["conflict"],
  grants: {
    table: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem"],
    sends: ["deliveries"],
  },
  example: { data: { ...executionExample, status: "cancelled" } },
});
