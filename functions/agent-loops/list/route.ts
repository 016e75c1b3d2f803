import * as v from "valibot";
import { AgentLoop, AgentLoopStatus } from "#shared/agent-loops/agent-loop";
import { agentLoopExample } from "#shared/agent-loops/agent-loop-example";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  operationId: "listAgentLoops",
  method: "GET",
  path: "/v1/agent-loops",
  tag: "Agent loops",
  summary: "List agent loops",
  description: "All loops of the team, newest first.",
  auth: { scope: "agent-loops:read" },
  query: v.strictObject({
    status: v.pipe(v.optional(AgentLoopStatus), v.description("Only loops in this status.")),
    name: v.pipe(
      v.optional(v.string()),
      v.description("Only loops whose name contains this; case does not count."),
    ),
  }),
  answers: "page",
  data: AgentLoop,
  status: 200,
  errors: [],
  grants: { table: ["Query", "BatchGetItem"] },
  example: { data: agentLoopExample },
});
