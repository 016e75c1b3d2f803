import type { Worker } from "../queue/define-worker.ts";
import { envNumber } from "../runtime/env.ts";
import type { QueueName } from "../runtime/grants.ts";
import { systemRandom } from "../runtime/random.ts";
import { liveTable } from "../table/live-table.ts";
import { placesInMemory, placesInTable } from "./place-records.ts";
import { createPlaces, type Places } from "./places.ts";

type QueueWorker = Worker & {
  readonly trigger: { readonly queue: QueueName; readonly maxConcurrency: number };
};

let here: ReadonlyMap<QueueName, number> | undefined;

/** Says that all functions of all workers run in this process, and how many of each at once, by its queue. */
export function sharePlacesHere(functions: ReadonlyMap<QueueName, number>): void {
  here = functions;
}

/** The places of a worker, which has `MAX_CONCURRENCY` functions; a team's share of them is `TEAM_SHARE_PERCENT` (25). */
export function livePlaces({ trigger }: QueueWorker): Places {
  const { queue, maxConcurrency } = trigger;
  const record = here ? placesInMemory() : placesInTable(liveTable(), queue);
  const functions = here?.get(queue) ?? envNumber("MAX_CONCURRENCY", maxConcurrency);
  const teamShare = Math.min(1, envNumber("TEAM_SHARE_PERCENT", 25) / 100);
  return createPlaces(record, { functions, teamShare }, systemRandom);
}
