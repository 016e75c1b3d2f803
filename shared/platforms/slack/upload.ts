import type { Attachment } from "../../schema/content.ts";
import { wordsIn } from "../../schema/json-fields.ts";
import type { AdapterDeps } from "../adapter.ts";
import { callPlatform } from "../call-platform.ts";
import { fetchAttachment, fileNameOf, isFilePlace } from "../download-file.ts";
import { type Refusal, refused } from "../failure.ts";
import { callSlack, type SlackCredentials } from "./call-slack.ts";
import type { SlackFailure } from "./classify.ts";
import type { SlackAddress } from "./slack-address.ts";

/** Puts a file into a conversation. Nobody sees it before the last of its calls, so that any other may be repeated. */
export async function uploadFile(
  deps: AdapterDeps,
  credentials: SlackCredentials,
  attachment: Attachment,
  { channel, thread_ts }: SlackAddress,
): Promise<{ readonly ok: true; readonly id: null } | ({ readonly ok: false } & SlackFailure)> {
  const fetched = await fetchAttachment(deps, attachment);
  // Its link may still be good for whoever gets it.
  if (!fetched.ok) return { ...fetched, class: "refused" };
  const filename = fileNameOf(attachment);
  const length = fetched.bytes.length;
  if (length === 0) return emptyFile;
  const place = await callSlack(deps, credentials, "files.getUploadURLExternal", {
    filename,
    length,
  });
  if (!place.ok) return place;
  const url = wordsIn(place.fields["upload_url"]) ?? "";
  const id = wordsIn(place.fields["file_id"]);
  if (id === undefined || !isFilePlace(url, "slack", deps.base_url)) return noPlace;
  const headers = { "content-type": "application/octet-stream" };
  const uploaded = await callPlatform(deps, { method: "POST", url, headers, body: fetched.bytes });
  if (!uploaded.ok) return uploaded;
  const { status } = uploaded.answer;
  if (status < 200 || status >= 300) return notTaken(status);
  const shared = await callSlack(deps, credentials, "files.completeUploadExternal", {
    files: [{ id, title: filename }],
    channel_id: channel,
    ...(thread_ts !== undefined && { thread_ts }),
  });
  // Slack makes the message later and does not say which it is.
  return shared.ok ? { ok: true, id: null } : shared;
}

const emptyFile = refused("empty_file", "The file is empty.");
const noPlace = refused("no_upload_url", "Slack did not say where to put the file.");

const notTaken = (status: number): Refusal => ({
  ...refused(String(status), `Slack answered the file with status ${status}.`),
  ...((status === 429 || status >= 500) && { class: "retry" }),
});
