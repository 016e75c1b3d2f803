import type { Table } from "../table/table.ts";

/** A time in which a part of long work is done. */
export interface Slice {
  /** True when the time is used up. Throws when the work belongs to another, who may be at it already. */
  readonly isOver: () => boolean;
}

/** How far a slice came: to the end, as far as can be for now, or until the time was used up. */
export type Progress = "done" | "not_yet" | "out_of_time";

/** Deletes the rows of a partition, all or those that begin so, however many there are. */
export async function deleteRows(
  table: Table,
  { pk, prefix }: { readonly pk: string; readonly prefix: string },
  slice: Slice,
): Promise<Progress> {
  const where = prefix && { where: { begins: prefix } };
  for await (const rows of table.queryPages({ pk, ...where, limit: 100 })) {
    if (slice.isOver()) return "out_of_time";
    await table.deleteAll(rows);
  }
  return "done";
}
