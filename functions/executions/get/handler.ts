import { type AgentLoopStore, createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { createExecutionStore, type ExecutionStore } from "#shared/executions/execution-store";
import { findExecution } from "#shared/executions/find-execution";
import { shownExecution } from "#shared/executions/shown-execution";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: { loops: AgentLoopStore; executions: ExecutionStore }): Handle<typeof route> =>
  async ({ caller, params }) => {
    const { head, text } = await findExecution(deps, caller.team_id, params.id);
    return { body: shownExecution(head, text) };
  };

export const handler = serve(route, () => {
  const table = liveTable();
  return handle({ loops: createAgentLoopStore(table), executions: createExecutionStore(table) });
});
