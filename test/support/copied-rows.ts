import type { TestPlatform } from "./test-platform.ts";

/** Copies a row under so many new ids, which is quicker than to make each over the API. */
export async function copyRow<I extends string>(
  { table }: TestPlatform,
  row: { readonly id: I },
  keyOf: (id: I) => { readonly pk: string; readonly sk: string },
  count: number,
) {
  const stored = (await table.get(keyOf(row.id)))!;
  for (let index = 0; index < count; index++) {
    const id = (row.id.slice(0, -3) + String(index).padStart(3, "0")) as I;
    await table.putIfAbsent({ ...stored, ...keyOf(id), id });
  }
}
