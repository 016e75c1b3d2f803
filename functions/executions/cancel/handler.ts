import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { cancelExecution, type CancelExecutionDeps } from "#shared/executions/cancel-execution";
import { createExecutionStore } from "#shared/executions/execution-store";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

export const handle =
  (deps: CancelExecutionDeps): Handle<typeof route> =>
  async ({ caller, params, mint }) => ({
    body: await cancelExecution(deps, caller.team_id, params.id, mint.id("req")),
  });

export const handler = serve(route, () => {
  const work = liveWork();
  return handle({
    ...work,
    loops: createAgentLoopStore(work.table),
    executions: createExecutionStore(work.table),
  });
});
