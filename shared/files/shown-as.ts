import { encodeStrictly, type ShownAs } from "../blobs/blob-store.ts";
import type { FileReference } from "./file.ts";

/** What browsers show without running anything in it. */
const inert =
  /^(image\/(png|jpeg|gif|webp|avif|bmp)|audio\/[\w.+-]+|video\/[\w.+-]+|application\/pdf|text\/plain)$/;
const mediaType = /^[\w.+-]+\/[\w.+-]+$/;

/** How a file is shown: with its own type and name, and to be saved unless it is one that browsers only display. */
export function shownAs({ name, mime_type }: Pick<FileReference, "name" | "mime_type">): ShownAs {
  const type = (mime_type.split(";")[0] ?? "").trim().toLowerCase();
  const how = inert.test(type) ? "inline" : "attachment";
  return {
    type: mediaType.test(type) ? type : "application/octet-stream",
    disposition: name === null ? how : `${how}; filename*=UTF-8''${encodeStrictly(name)}`,
  };
}
