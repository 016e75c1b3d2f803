import { lostFile } from "../schema/content.ts";
import { mostFileBytes, sizeIn, tooLargeFile } from "./download-file.ts";
import type { InboundPart } from "./inbound-event.ts";

/** A file as a message brings it, by its URL. */
interface BroughtFile {
  readonly name: string | null;
  readonly mime_type: string | null;
  /** In bytes, as the platform says it. */
  readonly size: unknown;
  readonly url: string | undefined;
}

/** Kinds of pictures that models can see. */
const pictures = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** What a file is to who reads the message: one to be fetched, or a line that says why it cannot be had. */
export function filePart(
  platform: string,
  { name, mime_type, size, url }: BroughtFile,
): InboundPart {
  const lost = (why: string): InboundPart => ({ type: "text", text: lostFile(name, why) });
  if (Number(size) > mostFileBytes) return lost(tooLargeFile.message);
  if (url === undefined) return lost(`${platform} did not say where it is.`);
  return {
    type: "file",
    is_image: mime_type !== null && pictures.has(mime_type),
    name,
    mime_type,
    size: sizeIn(size),
    file: { url, ...(mime_type !== null && { mime_type }) },
  };
}
