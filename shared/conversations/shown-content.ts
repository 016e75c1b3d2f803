import type { FileReference } from "../files/file.ts";
import { fileUrl } from "../files/file-url.ts";
import type { Id } from "../runtime/ids.ts";
import { lostFile, type ShownContent } from "../schema/content.ts";
import type { StoredMessage } from "./message.ts";

/** Whose messages are shown, and how URLs of their files begin. */
export interface Showing {
  readonly team_id: Id<"team">;
  /** Where the platform is reached; asked only where there is a file. */
  readonly publicUrl: () => string;
  /** Unix milliseconds: URLs are good for one to two days from then. */
  readonly now: number;
}

/** What a stored message says, with a URL for each file, or a line of text for one that is kept no more. */
export function shownContent(
  { content, conversation_id, number }: StoredMessage,
  { team_id, publicUrl, now }: Showing,
): ShownContent {
  if (typeof content === "string") return content;
  return content.map((part) => {
    if (part.type !== "stored_file") return part;
    const { as, file } = part;
    if (file.remove_at * 1_000 <= now) return text(lostFile(file.name, "It is no longer kept."));
    const url = fileUrl(publicUrl(), { team_id, conversation_id, number }, file, now);
    return as === "image" ? { type: "image_url", image_url: { url } } : filePart(file, url);
  });
}

const text = (words: string) => ({ type: "text", text: words }) as const;

const filePart = ({ name, mime_type }: FileReference, url: string) => {
  return { type: "file", file: { url, name: name ?? undefined, mime_type } } as const;
};
