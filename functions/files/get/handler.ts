import type { BlobStore } from "#shared/blobs/blob-store";
import { liveBlobs } from "#shared/blobs/live-blobs";
import { notFound } from "#shared/errors/api-error";
import { blobKey } from "#shared/files/file";
import { createFileStore, type FileStore } from "#shared/files/file-store";
import { isFileUrlSigned } from "#shared/files/file-url";
import { shownAs } from "#shared/files/shown-as";
import type { Handle } from "#shared/http/define-route";
import { servePublic } from "#shared/http/serve-public";
import { type Clock, systemClock } from "#shared/runtime/clock";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export interface GetFileDeps {
  readonly files: FileStore;
  readonly blobs: BlobStore;
  readonly clock: Clock;
}

export const handle =
  ({ files, blobs, clock }: GetFileDeps): Handle<typeof route> =>
  async ({ params: { id }, query, isHead }) => {
    const { team: team_id, conversation: conversation_id, number, expires } = query;
    const place = { team_id, conversation_id, number };
    const isInTime = expires * 1_000 > clock();
    const file = isInTime ? await files.find(place, id) : undefined;
    if (!file || !isFileUrlSigned(file.url_key, place, id, query)) throw notFound();
    const method = isHead ? "HEAD" : "GET";
    return { redirect: await blobs.address(blobKey(team_id, id), shownAs(file), method) };
  };

export const handler = servePublic(route, () =>
  handle({
    files: createFileStore({ table: liveTable(), blobs: liveBlobs }),
    blobs: liveBlobs(),
    clock: systemClock,
  }),
);
