import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { liveBlobs } from "#shared/blobs/live-blobs";
import { type ErasureDeps, runErasure } from "#shared/erasure/run-erasure";
import { createExecutionStore } from "#shared/executions/execution-store";
import { runSchedule, type RunScheduleDeps } from "#shared/executions/run-schedule";
import { type Consume, serveWorker } from "#shared/queue/serve-worker";
import { liveWorker } from "#shared/work/live-worker";
import { workOn } from "#shared/work/work-on";
import { worker } from "./worker.ts";

export const consume =
  (deps: RunScheduleDeps & ErasureDeps): Consume<typeof worker> =>
  ({ message, setVisibility }) =>
    message.kind === "schedule"
      ? workOn(deps, message, setVisibility, runSchedule(deps))
      : workOn(deps, message, setVisibility, runErasure(deps));

export const handler = serveWorker(worker, () => {
  const work = liveWorker(worker);
  return consume({
    ...work,
    loops: createAgentLoopStore(work.table),
    executions: createExecutionStore(work.table),
    // Few erasures meet a file.
    blobs: liveBlobs,
  });
});
