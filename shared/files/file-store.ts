import type { BlobStore } from "../blobs/blob-store.ts";
import type { Id } from "../runtime/ids.ts";
import { all, exists, missing } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import type { Item, Table } from "../table/table.ts";
import { blobKey, type FilePlace, type FileReference } from "./file.ts";

/** Keeps and finds the files of messages. */
export interface FileStore {
  /**
   * Keeps the bytes of a file, and gives the reference that the message is to hold. The same id again keeps the same
   * file. `gone` when the message or its user has been erased, or is being erased: then nothing is kept.
   */
  keep(place: FilePlace, file: FileReference, bytes: Uint8Array): Promise<FileReference | "gone">;
  /** The bytes of a file; undefined where they are gone. */
  read(
    teamId: Id<"team">,
    file: Pick<FileReference, "id" | "size">,
  ): Promise<Uint8Array | undefined>;
  /** The row of a file, though it may be past its time. */
  find(place: FilePlace, id: Id<"file">): Promise<FileReference | undefined>;
}

/** A stored file; its shape is held by `test/contract/data-model.test.ts`. */
const asFile = (item: Item | undefined) => item as (Item & FileReference) | undefined;

/** Makes the store over the table and the blobs. */
export function createFileStore({
  table,
  blobs,
}: {
  readonly table: Table;
  readonly blobs: () => BlobStore;
}): FileStore {
  const keyOf = ({ team_id, conversation_id, number }: FilePlace, id: Id<"file">) =>
    keys.file(team_id, conversation_id, number, id);
  const find: FileStore["find"] = async (place, id) => asFile(await table.get(keyOf(place, id)));

  return {
    find,
    read: (teamId, { id, size }) => blobs().get(blobKey(teamId, id), size),
    keep: async (place, file, bytes) => {
      const { team_id, conversation_id, number } = place;
      const { id, url_key, name, mime_type, size, remove_at } = file;
      // The row first: erasing finds bytes by it, also those of a worker that dies after the next line.
      const outcome = await table.transact({
        file: {
          putIfAbsent: { ...keyOf(place, id), id, url_key, name, mime_type, size, remove_at },
        },
        // Erasing takes this id from a message that stays.
        message: {
          check: keys.message(team_id, conversation_id, number),
          condition: exists("platform_message_id"),
        },
        head: {
          check: keys.conversation(team_id, conversation_id),
          condition: all(exists("pk"), missing("erasing")),
        },
      });
      if (!outcome.applied && (outcome.failed.message || outcome.failed.head)) return "gone";
      const kept = outcome.applied ? file : (asFile(outcome.failed.file?.item) ?? file);
      await blobs().put(blobKey(team_id, id), bytes);
      if (await find(place, id)) return kept;
      // It was erased while the bytes were on their way.
      await blobs().delete(blobKey(team_id, id));
      return "gone";
    },
  };
}
