import { AgentLoopWithSecret } from "#shared/agent-loops/agent-loop";
import { agentLoopWithSecretExample } from "#shared/agent-loops/agent-loop-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "rotateAgentLoopSecret",
  method: "POST",
  path: "/v1/agent-loops/{id}/rotate-secret",
  tag: "Agent loops",
  summary: "Replace the secret that signs a loop's callbacks",
  description:
    "Answers with the new secret, which is shown only here. The old one signs beside it for 24 hours.",
  auth: { scope: "agent-loops:write" },
  params: idParams("loop"),
  answers: "one",
  data: AgentLoopWithSecret,
  status: 200,
  answersSecret: true,
  errors: ["conflict"],
  grants: { table: ["GetItem", "BatchGetItem", "PutItem", "UpdateItem"], key: ["seal", "open"] },
  example: { data: agentLoopWithSecretExample },
});
