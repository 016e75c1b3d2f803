import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { liveBlobs } from "#shared/blobs/live-blobs";
import { liveConnecting } from "#shared/channels/live-connecting";
import { runConnection, type RunConnectionDeps } from "#shared/channels/run-connection";
import { createDeliveryStore } from "#shared/deliveries/delivery-store";
import { type ErasureDeps, runErasure } from "#shared/erasure/run-erasure";
import { createExecutionStore } from "#shared/executions/execution-store";
import { runSchedule, type RunScheduleDeps } from "#shared/executions/run-schedule";
import { type Consume, serveWorker } from "#shared/queue/serve-worker";
import { type ReplayDeps, runReplay } from "#shared/webhooks/run-replay";
import { createWebhookStore } from "#shared/webhooks/webhook-store";
import { liveWorker } from "#shared/work/live-worker";
import { workOn } from "#shared/work/work-on";
import { worker } from "./worker.ts";

export const consume =
  (deps: JobsDeps): Consume<typeof worker> =>
  ({ message, setVisibility }) => {
    switch (message.kind) {
      case "schedule":
        return workOn(deps, message, setVisibility, runSchedule(deps));
      case "job":
        return workOn(deps, message, setVisibility, runErasure(deps));
      case "replay":
        return workOn(deps, message, setVisibility, runReplay(deps));
      case "connection":
        return workOn(deps, message, setVisibility, runConnection(deps));
    }
  };

type JobsDeps = RunScheduleDeps & ErasureDeps & ReplayDeps & RunConnectionDeps;

export const handler = serveWorker(worker, () => {
  const work = liveWorker(worker);
  return consume({
    ...liveConnecting(),
    ...work,
    loops: createAgentLoopStore(work.table),
    executions: createExecutionStore(work.table),
    webhooks: createWebhookStore(work.table),
    deliveries: createDeliveryStore(work.table, work.clock),
    // Few erasures meet a file.
    blobs: liveBlobs,
  });
});
