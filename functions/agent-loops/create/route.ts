import { AgentLoopInput, AgentLoopWithSecret } from "#shared/agent-loops/agent-loop";
import { agentLoopWithSecretExample } from "#shared/agent-loops/agent-loop-example";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  operationId: "createAgentLoop",
  method: "POST",
  path: "/v1/agent-loops",
  tag: "Agent loops",
  summary: "Create an agent loop",
  description:
    "A task that a model works on by itself with tools. The `signing_secret` of a callback is in this answer and never again. A team can have 500 agent loops.",
  auth: { scope: "agent-loops:write" },
  body: AgentLoopInput,
  answers: "one",
  data: AgentLoopWithSecret,
  status: 201,
  location: "/v1/agent-loops/{id}",
  answersSecret: true,
  errors: ["conflict", "not_found", "url_not_allowed"],
  grants: {
    table: ["GetItem", "Query", "PutItem", "UpdateItem"],
    sends: ["jobs"],
    key: ["seal", "open"],
  },
  example: {
    body: {
      name: "Daily Sales Report",
      system_prompt: "You write short reports for the sales team.",
      user_message: "Report yesterday's sales.",
    },
    data: agentLoopWithSecretExample,
  },
});
