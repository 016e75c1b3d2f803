import { Execution } from "#shared/executions/execution";
import { executionExample } from "#shared/executions/execution-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "getExecution",
  method: "GET",
  path: "/v1/executions/{id}",
  tag: "Agent loops",
  summary: "Get an execution",
  auth: { scope: "agent-loops:read" },
  params: idParams("exec"),
  answers: "one",
  data: Execution,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "BatchGetItem"] },
  example: { data: executionExample },
});
