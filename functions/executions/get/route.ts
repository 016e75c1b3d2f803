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
  description:
    "How far it is, for what it waits, and once it has ended what came of it, whole. Its steps are read apart. Ask every few seconds, or give the loop a `callback`.",
  auth: { scope: "agent-loops:read" },
  params: idParams("exec"),
  answers: "one",
  data: Execution,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "BatchGetItem"] },
  example: { data: executionExample },
});
