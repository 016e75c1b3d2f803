import { liveQueues } from "../queue/live-queues.ts";
import { systemClock } from "../runtime/clock.ts";
import { liveTable } from "../table/live-table.ts";
import type { LeaseDeps } from "./end-lease.ts";

/** The deployment's table, queues and clock. */
export const liveWork = (): LeaseDeps => ({
  table: liveTable(),
  queues: liveQueues(),
  clock: systemClock,
});
