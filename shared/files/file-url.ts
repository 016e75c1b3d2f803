import { createHmac, timingSafeEqual } from "node:crypto";
import type { Id } from "../runtime/ids.ts";
import type { FilePlace, FileReference } from "./file.ts";

const daySeconds = 24 * 60 * 60;

/**
 * A URL at which everybody can read a file, for one to two days and no longer than there is one. It is the same all day
 * (UTC), so what is kept by URL elsewhere, such as a vendor's cache of a prompt, goes on being right.
 */
export function fileUrl(
  baseUrl: string,
  place: FilePlace,
  { id, url_key, remove_at }: Pick<FileReference, "id" | "url_key" | "remove_at">,
  now: number,
): string {
  const today = Math.floor(now / 1_000 / daySeconds);
  const expires = Math.min((today + 2) * daySeconds, remove_at);
  const query = new URLSearchParams({
    team: place.team_id,
    conversation: place.conversation_id,
    number: String(place.number),
    expires: String(expires),
    signature: signatureOf(url_key, place, id, expires).toString("base64url"),
  });
  return `${baseUrl}/v1/files/${id}?${query.toString()}`;
}

/** The id of the file that a URL of this form is of, wherever the URL leads. */
export const fileIdOfUrl = (url: string): Id<"file"> | undefined =>
  // The pattern is that of ids.
  /\/v1\/files\/(file_[0-9a-z]+)\?/.exec(url)?.[1] as Id<"file"> | undefined;

/** Whether we made this signature for a file and this end. */
export function isFileUrlSigned(
  url_key: string,
  place: FilePlace,
  id: Id<"file">,
  { expires, signature }: { readonly expires: number; readonly signature: string },
): boolean {
  const right = signatureOf(url_key, place, id, expires).toString("base64url");
  // Compared as it was written, because several texts are the same base64url to Node.
  const [ours, given] = [Buffer.from(right), Buffer.from(signature)];
  return ours.length === given.length && timingSafeEqual(ours, given);
}

const signatureOf = (
  url_key: string,
  { team_id, conversation_id, number }: FilePlace,
  id: Id<"file">,
  expires: number,
) =>
  createHmac("sha256", url_key)
    .update(JSON.stringify([team_id, conversation_id, number, id, expires]))
    .digest();
