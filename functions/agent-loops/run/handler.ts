import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { createExecutionStore } from "#shared/executions/execution-store";
import { runAgentLoop, type RunAgentLoopDeps } from "#shared/executions/run-agent-loop";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

export const handle =
  (deps: RunAgentLoopDeps): Handle<typeof route> =>
  async ({ caller, params, body, mint }) => ({
    body: await runAgentLoop(deps, caller.team_id, params.id, body, mint),
  });

export const handler = serve(route, () => {
  const work = liveWork();
  return handle({
    ...work,
    loops: createAgentLoopStore(work.table),
    executions: createExecutionStore(work.table),
  });
});
