import { wordsIn } from "../../schema/json-fields.ts";
import type { AdapterDeps, Downloaded } from "../adapter.ts";
import { downloadFile, mostFileBytes, tooLargeFile, typeOf } from "../download-file.ts";
import type { FileReference } from "../inbound-event.ts";
import { callWhatsApp, type WhatsAppCredentials } from "./call-whatsapp.ts";
import { notThere } from "./classify.ts";

/** Asks where a file is, for five minutes, and fetches it there with the token. */
export async function download(
  deps: AdapterDeps,
  credentials: WhatsAppCredentials,
  { media_id = "", mime_type }: FileReference,
): Promise<Downloaded> {
  const path = encodeURIComponent(media_id.toWellFormed());
  const found = await callWhatsApp(deps, credentials, { method: "GET", path });
  if (!found.ok) {
    return found.code === notThere ? { ...found, message: "It is no longer there." } : found;
  }
  const { url, file_size, mime_type: found_type } = found.fields;
  if (Number(file_size) > mostFileBytes) return tooLargeFile;
  return downloadFile(deps, "whatsapp", {
    url: wordsIn(url) ?? "",
    headers: { authorization: `Bearer ${credentials.access_token}` },
    mime_type: mime_type ?? typeOf(wordsIn(found_type)),
  });
}
