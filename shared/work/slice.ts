import { type Rows, under } from "../table/keys.ts";
import type { Table } from "../table/table.ts";

/** A time in which a part of long work is done. */
export interface Slice {
  /** True when the time is used up. Throws when the work belongs to another, who may be at it already. */
  readonly isOver: () => boolean;
}

/** How far a slice came: to the end, as far as can be for now, or until the time was used up. */
export type Progress = "done" | "not_yet" | "out_of_time";

/** Deletes rows page by page, however many there are. */
export async function deleteRows(table: Table, rows: Rows, slice: Slice): Promise<Progress> {
  for await (const page of table.queryPages({ ...under(rows), limit: 100 })) {
    if (slice.isOver()) return "out_of_time";
    await table.deleteAll(page);
  }
  return "done";
}
