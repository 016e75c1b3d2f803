import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { advanceExecution } from "#shared/executions/advance-execution";
import type { AdvanceDeps } from "#shared/executions/execution-run";
import { createExecutionStore } from "#shared/executions/execution-store";
import { createCallModel } from "#shared/models/create-call-model";
import { liveSafeFetch } from "#shared/outbound/live-safe-fetch";
import { type Consume, serveWorker } from "#shared/queue/serve-worker";
import { systemRandom } from "#shared/runtime/random";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { createOpenTools } from "#shared/tools/create-open-tools";
import { liveWorker } from "#shared/work/live-worker";
import { workOn } from "#shared/work/work-on";
import { worker } from "./worker.ts";

export const consume =
  (deps: AdvanceDeps): Consume<typeof worker> =>
  ({ message, deadline, setVisibility }) =>
    workOn(deps, message, setVisibility, advanceExecution(deps, deadline));

export const handler = serveWorker(worker, () => {
  const work = liveWorker(worker);
  return consume({
    ...work,
    executions: createExecutionStore(work.table),
    loops: createAgentLoopStore(work.table),
    secrets: liveTeamSecrets(),
    callModel: createCallModel({ fetch: liveSafeFetch }),
    openTools: createOpenTools({ fetch: liveSafeFetch, clock: work.clock }),
    random: systemRandom,
  });
});
