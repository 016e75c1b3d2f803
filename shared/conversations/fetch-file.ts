import type { PlatformChannel } from "../channels/channel.ts";
import { type FileReference, keptSeconds } from "../files/file.ts";
import type { FileStore } from "../files/file-store.ts";
import type { SafeFetch } from "../outbound/safe-fetch.ts";
import { adapterOf } from "../platforms/adapters.ts";
import { baseUrlOf, type CredentialsOf, type PlatformName } from "../platforms/catalogue.ts";
import type { Refusal } from "../platforms/failure.ts";
import type { Clock } from "../runtime/clock.ts";
import { derivedId } from "../runtime/derived-id.ts";
import { firstUnits } from "../runtime/first-units.ts";
import { type Id, newToken } from "../runtime/ids.ts";
import { setFree } from "../runtime/set-free.ts";
import { isUnavailable } from "../runtime/unavailable.ts";
import type { AwaitedFile, StoredMessage } from "./message.ts";

export interface FetchFileDeps {
  readonly fetch: SafeFetch;
  readonly clock: Clock;
  readonly files: FileStore;
}

/** Where a file comes from. */
export interface FileSource {
  readonly team_id: Id<"team">;
  readonly type: PlatformChannel["type"];
  readonly credentials: CredentialsOf<PlatformName>;
}

/** A file that is kept, why there is none, or `gone` where its message was erased. */
export type FetchedFile = { readonly ok: true; readonly file: FileReference } | Refusal | "gone";

/** Fetches a file of a message from its platform and keeps it: once more, and it is the same file. */
export async function fetchFile(
  { fetch, clock, files }: FetchFileDeps,
  { team_id, type, credentials }: FileSource,
  { id, conversation_id, number, created_at }: StoredMessage,
  awaited: AwaitedFile,
  signal: AbortSignal,
): Promise<FetchedFile> {
  const deps = { fetch, base_url: baseUrlOf(type), clock, signal };
  const got = await adapterOf(type).download(deps, credentials, awaited.file);
  if (!got.ok) return got;
  const file: FileReference = {
    id: derivedId("file", Date.parse(created_at), id, String(awaited.part)),
    url_key: newToken(),
    name: shownName(awaited),
    mime_type: shortType(got.mime_type),
    size: got.bytes.byteLength,
    remove_at: Math.floor(clock() / 1_000) + keptSeconds,
  };
  try {
    const kept = await files.keep({ team_id, conversation_id, number }, file, got.bytes);
    return kept === "gone" ? kept : { ok: true, file: kept };
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    return { ok: false, class: "retry", code: "not_kept", message: "It could not be kept." };
  } finally {
    setFree(got.bytes);
  }
}

/** As long as a part of a message may have it. */
const mostUnits = 255;

/** The name of a file as it may be shown. */
export const shownName = ({ name }: Pick<AwaitedFile, "name">) =>
  name && firstUnits(name, mostUnits).toWellFormed();

const shortType = (type: string | null) =>
  type !== null && type !== "" && type.length <= mostUnits ? type : "application/octet-stream";
