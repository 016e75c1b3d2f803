import { prefixes } from "#shared/table/keys";
import { placesInTable } from "#shared/work/place-records";
import type { TestPlatform } from "./test-platform.ts";

/** The tokens of the requests that have a place now. */
export async function heldPlaces({ table, clock }: TestPlatform): Promise<readonly unknown[]> {
  const { pk, prefix } = prefixes.places("waits");
  const rows = await table.queryAll({ pk, where: { begins: prefix } });
  return rows.flatMap(({ token, until }) => (Number(until) > clock() && token) || []);
}

/** Takes so many places as requests that are killed then, until a time in unix milliseconds. */
export async function takePlaces({ table, clock }: TestPlatform, count: number, until: number) {
  const record = placesInTable(table, "waits");
  for (let place = 0; place < count; place++) await record.take(place, "killed", clock(), until);
}
