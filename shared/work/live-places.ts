import { envNumber } from "../runtime/env.ts";
import { systemRandom } from "../runtime/random.ts";
import { liveTable } from "../table/live-table.ts";
import { type PlacePool, placesInTable } from "./place-records.ts";
import { createPlaces, type PlaceRecord, type Places } from "./places.ts";

let here: KeptHere | undefined;

/** Where places are kept of which all functions run in this process: of each pool so many instead of what AWS gets. */
interface KeptHere {
  readonly newRecord: () => PlaceRecord;
  readonly functionsOf: (functions: number) => number;
}

/** Has places kept in this process. */
export function keepPlacesHere(kept: KeptHere): void {
  here = kept;
}

/** The places of a pool of so many functions, or of `MAX_CONCURRENCY`; a team's share of them is `TEAM_SHARE_PERCENT` (25). */
export function livePlaces(pool: PlacePool, functions: number): Places {
  const record = here?.newRecord() ?? placesInTable(liveTable(), pool);
  const teamShare = Math.min(1, envNumber("TEAM_SHARE_PERCENT", 25) / 100);
  const most = here?.functionsOf(functions) ?? envNumber("MAX_CONCURRENCY", functions);
  return createPlaces(record, { functions: most, teamShare }, systemRandom);
}
