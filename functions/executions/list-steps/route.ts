import { stepExample } from "#shared/executions/execution-example";
import { Step } from "#shared/executions/step";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "listSteps",
  method: "GET",
  path: "/v1/executions/{id}/steps",
  tag: "Agent loops",
  summary: "List the steps of an execution",
  description:
    "Oldest first: each call of the model and of a tool, as it was stored. Results and reasoning are cut at 32 KiB.",
  auth: { scope: "agent-loops:read" },
  params: idParams("exec"),
  answers: "page",
  unboundedPages: { but: [] },
  data: Step,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "BatchGetItem", "Query"] },
  example: { data: stepExample },
});
