import { envNumber } from "../runtime/env.ts";
import { systemRandom } from "../runtime/random.ts";
import { liveTable } from "../table/live-table.ts";
import { type PlacePool, placesInMemory, placesInTable } from "./place-records.ts";
import { createPlaces, type Places } from "./places.ts";

let here: ((functions: number) => number) | undefined;

/** Has places kept in memory: all functions run in this process, of each pool so many instead of what AWS gets. */
export function keepPlacesInMemory(functionsOf: (functions: number) => number): void {
  here = functionsOf;
}

/** The places of a pool of so many functions, or of `MAX_CONCURRENCY`; a team's share of them is `TEAM_SHARE_PERCENT` (25). */
export function livePlaces(pool: PlacePool, functions: number): Places {
  const record = here ? placesInMemory() : placesInTable(liveTable(), pool);
  const teamShare = Math.min(1, envNumber("TEAM_SHARE_PERCENT", 25) / 100);
  const most = here?.(functions) ?? envNumber("MAX_CONCURRENCY", functions);
  return createPlaces(record, { functions: most, teamShare }, systemRandom);
}
