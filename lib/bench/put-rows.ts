import { openDatabase } from "#lib/local/embedded/database";
import { checkItem, itemSize } from "#lib/local/embedded/dynamodb/attribute-value";
import { Catalog } from "#lib/local/embedded/dynamodb/catalog";
import { keyOfItem } from "#lib/local/embedded/dynamodb/keys";
import { encoded } from "#lib/local/embedded/sdk-values";
import type { Item } from "#shared/table/table";
import { toWire } from "#shared/table/wire";

/** A server on the same file waits for so many at a time. */
const rowsOfCommit = 1_000;

/** Puts rows into a table of the engine's file as they are, with their entries in its indexes. */
export function putRows(file: string, tableName: string, rows: Iterable<Item>): void {
  const database = openDatabase(file, "process");
  try {
    const table = new Catalog(database).table(tableName);
    let written = 0;
    for (const row of rows) {
      if (written % rowsOfCommit === 0) database.beginWrite();
      // A copy of the row as the wire has it.
      const item = encoded(toWire(row)) as Record<string, unknown>;
      checkItem(item);
      const key = keyOfItem(table.definition, item);
      table.write(key, table.get(key), { item, size: itemSize(item) });
      written += 1;
      if (written % rowsOfCommit === 0) database.commit();
    }
    if (written % rowsOfCommit > 0) database.commit();
  } finally {
    database.close();
  }
}
