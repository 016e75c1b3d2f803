import { type AgentLoopStore, createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { createExecutionStore, type ExecutionStore } from "#shared/executions/execution-store";
import { findExecution } from "#shared/executions/find-execution";
import { shownExecution } from "#shared/executions/shown-execution";
import { readWaits } from "#shared/executions/waiting";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import type { Table } from "#shared/table/table";
import { route } from "./route.ts";

export const handle =
  (deps: GetExecutionDeps): Handle<typeof route> =>
  async ({ caller: { team_id }, params, mint }) => {
    const { head, text } = await findExecution(deps, team_id, params.id);
    const [waiting] = await readWaits(deps.table, team_id, [head], mint.now);
    return { body: shownExecution(head, text, waiting) };
  };

interface GetExecutionDeps {
  readonly table: Table;
  readonly loops: AgentLoopStore;
  readonly executions: ExecutionStore;
}

export const handler = serve(route, () => {
  const table = liveTable();
  return handle({
    table,
    loops: createAgentLoopStore(table),
    executions: createExecutionStore(table),
  });
});
