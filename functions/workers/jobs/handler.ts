import { runErasure } from "#shared/erasure/run-erasure";
import { type Consume, serveWorker } from "#shared/queue/serve-worker";
import { liveWork } from "#shared/work/live-work";
import { type WorkDeps, workOn } from "#shared/work/work-on";
import { worker } from "./worker.ts";

export const consume =
  (deps: WorkDeps): Consume<typeof worker> =>
  ({ message, setVisibility }) =>
    workOn(deps, message, setVisibility, runErasure(deps));

export const handler = serveWorker(worker, () => consume(liveWork()));
