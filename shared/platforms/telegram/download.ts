import { fieldsOf, wordsIn } from "../../schema/json-fields.ts";
import type { AdapterDeps, Downloaded } from "../adapter.ts";
import { downloadFile, mostFileBytes, tooLargeFile } from "../download-file.ts";
import { refused } from "../failure.ts";
import type { FileReference } from "../inbound-event.ts";
import { callTelegram, type TelegramCredentials } from "./call-telegram.ts";

/** Asks where a file is and fetches it there. The address holds the token, so it is made here and goes nowhere else. */
export async function download(
  deps: AdapterDeps,
  credentials: TelegramCredentials,
  { file_id = "", mime_type }: FileReference,
): Promise<Downloaded> {
  const found = await callTelegram(deps, credentials, "getFile", { file_id });
  if (!found.ok) return /file is too big/i.test(found.message) ? tooLargeFile : found;
  const { file_path, file_size } = fieldsOf(found.result);
  if (Number(file_size) > mostFileBytes) return tooLargeFile;
  const names = wordsIn(file_path)?.split("/") ?? [];
  // A server in its local mode names a file of its own machine.
  if (names.length === 0 || names.some((name) => ["", ".", ".."].includes(name))) {
    return refused("no_path", "Telegram did not say where it is.");
  }
  const path = names.map((name) => encodeURIComponent(name.toWellFormed())).join("/");
  const url = `${deps.base_url}/file/bot${credentials.bot_token}/${path}`;
  return downloadFile(deps, "telegram", { url, mime_type: mime_type ?? null });
}
