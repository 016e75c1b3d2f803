import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { liveBlobs } from "#shared/blobs/live-blobs";
import { liveConnecting } from "#shared/channels/live-connecting";
import { runConnection, type RunConnectionDeps } from "#shared/channels/run-connection";
import { type ErasureDeps, runErasure } from "#shared/erasure/run-erasure";
import { createExecutionStore } from "#shared/executions/execution-store";
import { runSchedule, type RunScheduleDeps } from "#shared/executions/run-schedule";
import { type Consume, serveWorker } from "#shared/queue/serve-worker";
import { liveWorker } from "#shared/work/live-worker";
import { workOn } from "#shared/work/work-on";
import { worker } from "./worker.ts";

export const consume =
  (deps: RunScheduleDeps & ErasureDeps & RunConnectionDeps): Consume<typeof worker> =>
  ({ message, setVisibility }) => {
    if (message.kind === "schedule") {
      return workOn(deps, message, setVisibility, runSchedule(deps));
    }
    if (message.kind === "connection") {
      return workOn(deps, message, setVisibility, runConnection(deps));
    }
    return workOn(deps, message, setVisibility, runErasure(deps));
  };

export const handler = serveWorker(worker, () => {
  const work = liveWorker(worker);
  return consume({
    ...liveConnecting(),
    ...work,
    loops: createAgentLoopStore(work.table),
    executions: createExecutionStore(work.table),
    // Few erasures meet a file.
    blobs: liveBlobs,
  });
});
