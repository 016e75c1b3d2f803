import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { createExecutionStore } from "#shared/executions/execution-store";
import { listSteps, type ListStepsDeps } from "#shared/executions/list-steps";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: ListStepsDeps): Handle<typeof route> =>
  ({ caller, params, page }) =>
    listSteps(deps, caller.team_id, params.id, page);

export const handler = serve(route, () => {
  const table = liveTable();
  return handle({ loops: createAgentLoopStore(table), executions: createExecutionStore(table) });
});
