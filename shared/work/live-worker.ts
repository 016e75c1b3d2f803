import type { QueueWorker } from "../queue/define-worker.ts";
import { envNumber } from "../runtime/env.ts";
import type { QueueName } from "../runtime/grants.ts";
import { systemRandom } from "../runtime/random.ts";
import { systemTimer } from "../runtime/timers.ts";
import { liveTable } from "../table/live-table.ts";
import { liveWork } from "./live-work.ts";
import { placesInMemory, placesInTable } from "./place-records.ts";
import { createPlaces, type Places } from "./places.ts";
import type { WorkDeps } from "./work-on.ts";

/** The deployment's means of a worker; a lease lasts `LEASE_SECONDS` (20). */
export const liveWorker = (worker: QueueWorker): WorkDeps => ({
  ...liveWork(),
  timer: systemTimer,
  leaseMs: envNumber("LEASE_SECONDS", 20) * 1_000,
  places: livePlaces(worker),
});

let here: ReadonlyMap<QueueName, number> | undefined;

/** Has places kept in memory: all functions of all workers run in this process, so many of each at once, by its queue. */
export function keepPlacesInMemory(functions: ReadonlyMap<QueueName, number>): void {
  here = functions;
}

/** The places of a worker, which has `MAX_CONCURRENCY` functions; a team's share of them is `TEAM_SHARE_PERCENT` (25). */
function livePlaces({ trigger: { queue, maxConcurrency } }: QueueWorker): Places {
  const record = here ? placesInMemory() : placesInTable(liveTable(), queue);
  const functions = here?.get(queue) ?? envNumber("MAX_CONCURRENCY", maxConcurrency);
  const teamShare = Math.min(1, envNumber("TEAM_SHARE_PERCENT", 25) / 100);
  return createPlaces(record, { functions, teamShare }, systemRandom);
}
