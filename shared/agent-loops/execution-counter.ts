import type { Id } from "../runtime/ids.ts";
import type { Item } from "../table/table.ts";

/** The last execution of a loop: its row is put with the loop and moves with each execution that is queued. */
export interface ExecutionCounter {
  readonly last_number: number;
  readonly last_created_at: string | null;
  readonly last_execution_id: Id<"exec"> | null;
}

/** The counter in its row. */
export const asCounter = (item: Item | undefined) => item as (Item & ExecutionCounter) | undefined;
