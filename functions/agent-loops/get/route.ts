import { AgentLoop } from "#shared/agent-loops/agent-loop";
import { agentLoopExample } from "#shared/agent-loops/agent-loop-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "getAgentLoop",
  method: "GET",
  path: "/v1/agent-loops/{id}",
  tag: "Agent loops",
  summary: "Get an agent loop",
  description:
    "The loop as its next execution uses it. The key of the model and the values of headers are masked.",
  auth: { scope: "agent-loops:read" },
  params: idParams("loop"),
  answers: "one",
  data: AgentLoop,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "BatchGetItem"] },
  example: { data: agentLoopExample },
});
