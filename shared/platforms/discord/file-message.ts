import type { Attachment } from "../../schema/content.ts";
import type { AdapterDeps } from "../adapter.ts";
import { fetchAttachment, fileNameOf } from "../download-file.ts";
import { type Refusal, refused } from "../failure.ts";

/** A message as Discord takes it: its fields, and a file beside them. */
export interface DiscordMessage {
  readonly fields: object;
  readonly file?: { readonly blob: Blob; readonly filename: string };
}

/** Fetches a file of a reply, which Discord wants whole. One that cannot be sent is refused: its link may be sent. */
export async function fileMessage(
  deps: AdapterDeps,
  attachment: Attachment,
  size_limit: number,
): Promise<{ readonly ok: true; readonly message: DiscordMessage } | Refusal> {
  const fetched = await fetchAttachment(deps, attachment);
  if (!fetched.ok) return { ...fetched, class: "refused" };
  const { bytes, mime_type } = fetched;
  if (bytes.length === 0) return refused("empty_file", "The file is empty.");
  if (bytes.length > size_limit) {
    return refused("too_large", `Discord takes files of ${size_limit} bytes at most here.`);
  }
  const filename = fileNameOf(attachment);
  const blob = new Blob([Uint8Array.from(bytes)], { type: mime_type ?? "" });
  // All files that the message then has: sent again, they take the place of those that a lost call put there.
  const fields = { attachments: [{ id: 0, filename }] };
  return { ok: true, message: { fields, file: { blob, filename } } };
}

/** The fields of a message and its file as one body. */
export async function formOf(
  fields: object,
  { blob, filename }: NonNullable<DiscordMessage["file"]>,
) {
  const form = new FormData();
  form.set("payload_json", JSON.stringify(fields));
  form.set("files[0]", blob, filename);
  const packed = new Response(form);
  const headers = { "content-type": packed.headers.get("content-type") ?? "" };
  return { body: new Uint8Array(await packed.arrayBuffer()), headers };
}
