import { liveQueues } from "../queue/live-queues.ts";
import { systemClock } from "../runtime/clock.ts";
import { envNumber } from "../runtime/env.ts";
import { systemTimer } from "../runtime/timers.ts";
import { liveTable } from "../table/live-table.ts";
import type { WorkDeps } from "./work-on.ts";

/** The deployment's means of working; a lease lasts `LEASE_SECONDS` (20). */
export const liveWork = (): Omit<WorkDeps, "places"> => ({
  table: liveTable(),
  queues: liveQueues(),
  clock: systemClock,
  timer: systemTimer,
  leaseMs: envNumber("LEASE_SECONDS", 20) * 1_000,
});
