import { AgentLoopPatch, AgentLoopWithSecret } from "#shared/agent-loops/agent-loop";
import { agentLoopWithSecretExample } from "#shared/agent-loops/agent-loop-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "updateAgentLoop",
  method: "PATCH",
  path: "/v1/agent-loops/{id}",
  tag: "Agent loops",
  summary: "Change an agent loop",
  description:
    "Fields that are left out stay; `model`, `tools`, `callback` and `schedule` are replaced as a whole. The next execution has the change. `signing_secret` is set when this request gave the loop its callback.",
  auth: { scope: "agent-loops:write" },
  params: idParams("loop"),
  body: AgentLoopPatch,
  answers: "one",
  data: AgentLoopWithSecret,
  status: 200,
  errors: ["url_not_allowed"],
  grants: {
    table: ["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem"],
    sends: ["jobs"],
    key: ["seal", "open"],
  },
  example: { body: { max_iterations: 20 }, data: agentLoopWithSecretExample },
});
