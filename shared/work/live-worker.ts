import type { QueueWorker } from "../queue/define-worker.ts";
import { envNumber } from "../runtime/env.ts";
import { systemTimer } from "../runtime/timers.ts";
import { liveMemory } from "./live-memory.ts";
import { livePlaces } from "./live-places.ts";
import { liveWork } from "./live-work.ts";
import type { WorkDeps } from "./work-on.ts";

/** The deployment's means of a worker; a lease lasts `LEASE_SECONDS` (20). */
export const liveWorker = ({ trigger: { queue, maxConcurrency } }: QueueWorker): WorkDeps => ({
  ...liveWork(),
  timer: systemTimer,
  leaseMs: envNumber("LEASE_SECONDS", 20) * 1_000,
  places: livePlaces(queue, maxConcurrency),
  memory: liveMemory(),
});
