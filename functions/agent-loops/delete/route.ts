import { defineRoute } from "#shared/http/define-route";
import { deleted, idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "deleteAgentLoop",
  method: "DELETE",
  path: "/v1/agent-loops/{id}",
  tag: "Agent loops",
  summary: "Delete an agent loop",
  description:
    "Hides the loop at once; a worker then cancels what still runs (callbacks go out) and erases its executions and steps.",
  auth: { scope: "agent-loops:write" },
  params: idParams("loop"),
  answers: "one",
  data: deleted("loop"),
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "PutItem", "UpdateItem", "DeleteItem"], sends: ["jobs"] },
});
