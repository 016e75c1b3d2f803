import type { BlobStore } from "../blobs/blob-store.ts";
import type { Id } from "../runtime/ids.ts";
import { fileNumber, idAtEnd, prefixes, under } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import type { Progress, Slice } from "../work/slice.ts";
import { blobKey } from "./file.ts";

/** What files are erased from. */
export interface EraseFilesDeps {
  readonly table: Table;
  readonly blobs: () => BlobStore;
}

/**
 * Erases the files of a conversation, or those `of` some of its messages: the bytes first, and the row by which a repeat
 * finds them last. None may be added to these any more.
 */
export async function eraseFiles(
  { table, blobs }: EraseFilesDeps,
  { team_id, conversation_id }: Of,
  slice: Slice,
  of?: ReadonlySet<number>,
): Promise<Progress> {
  for await (const page of table.queryPages({
    ...under(prefixes.files(team_id, conversation_id)),
    limit: 25,
  })) {
    if (slice.isOver()) return "out_of_time";
    const rows = page.filter((row) => !of || of.has(fileNumber(row)));
    await Promise.all(rows.map(({ sk }) => blobs().delete(blobKey(team_id, idAtEnd<"file">(sk)))));
    await table.deleteAll(rows);
  }
  return "done";
}

interface Of {
  readonly team_id: Id<"team">;
  readonly conversation_id: Id<"conv">;
}
