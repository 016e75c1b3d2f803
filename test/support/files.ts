import { startGateway } from "#lib/local/gateway";
import { liveBlobs } from "#shared/blobs/live-blobs";
import { blobKey, type FilePlace, type FileReference, keptSeconds } from "#shared/files/file";
import { createFileStore } from "#shared/files/file-store";
import { type Id, newId, newToken } from "#shared/runtime/ids";
import type { TestPlatform } from "./test-platform.ts";

/** The store of files of the platform that a test runs on. */
export const fileStore = ({ table }: TestPlatform) => createFileStore({ table, blobs: liveBlobs });

/** What a worker that has fetched a file knows of it. */
export const aFile = (
  { clock }: TestPlatform,
  fields: Partial<FileReference> = {},
): FileReference => ({
  id: newId("file", clock()),
  url_key: newToken(),
  name: "cat.png",
  mime_type: "image/png",
  size: 8,
  remove_at: Math.floor(clock() / 1_000) + keptSeconds,
  ...fields,
});

/** Keeps a file as a worker does that has fetched it. Throws when its message is gone. */
export async function keepFile(
  platform: TestPlatform,
  place: FilePlace,
  {
    bytes = Buffer.from("a file"),
    ...fields
  }: Partial<FileReference> & { bytes?: Uint8Array } = {},
): Promise<FileReference> {
  const size = bytes.byteLength;
  const kept = await fileStore(platform).keep(place, aFile(platform, { ...fields, size }), bytes);
  if (kept === "gone") throw new Error("The message of the file is gone.");
  return kept;
}

/** A gateway that answers for the blobs of a platform. */
export async function openBlobServer(platform: TestPlatform) {
  const gateway = await startGateway({ port: 0 });
  gateway.serve([], platform.serveBlobs(`http://127.0.0.1:${gateway.port}`));
  return {
    /** Whether the bytes of a file are there. */
    has: async (teamId: Id<"team">, { id }: Pick<FileReference, "id">): Promise<boolean> => {
      const asBytes = { type: "application/octet-stream", disposition: "attachment" };
      const address = await liveBlobs().address(blobKey(teamId, id), asBytes, "HEAD");
      const { status } = await fetch(address, { method: "HEAD" });
      if (status !== 200 && status !== 404) throw new Error(`The blobs answered ${status}.`);
      return status === 200;
    },
    close: () => gateway.close(),
  };
}
