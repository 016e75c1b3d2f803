import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { createExecutionStore } from "#shared/executions/execution-store";
import { listExecutions, type ListExecutionsDeps } from "#shared/executions/list-executions";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: ListExecutionsDeps): Handle<typeof route> =>
  ({ caller, params, query, page, mint }) =>
    listExecutions(deps, caller.team_id, params.id, query, page, mint.now);

export const handler = serve(route, () => {
  const table = liveTable();
  return handle({
    table,
    loops: createAgentLoopStore(table),
    executions: createExecutionStore(table),
  });
});
