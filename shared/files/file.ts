import type { Id } from "../runtime/ids.ts";

/** Seconds for which a file is kept, here and in the bucket. */
export const keptSeconds = 30 * 24 * 60 * 60;

/** The message that a file is of. */
export interface FilePlace {
  readonly team_id: Id<"team">;
  readonly conversation_id: Id<"conv">;
  readonly number: number;
}

/** What a stored message keeps of a file: enough to make its URL, without reading its row. */
export interface FileReference {
  readonly id: Id<"file">;
  /** Signs the URLs of this one file. */
  readonly url_key: string;
  /** Null where the platform names none, as for photos. */
  readonly name: string | null;
  readonly mime_type: string;
  readonly size: number;
  /** Unix seconds after which it is not there any more. */
  readonly remove_at: number;
}

/** Where the bytes of a file are. */
export const blobKey = (teamId: Id<"team">, fileId: Id<"file">) => `${teamId}/${fileId}`;
