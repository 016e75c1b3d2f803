import type { AdapterDeps, Downloaded } from "../adapter.ts";
import { downloadFile } from "../download-file.ts";
import type { FileReference } from "../inbound-event.ts";
import type { SlackCredentials } from "./call-slack.ts";

/** Fetches a file with the bot's token. Who may not have it is shown the page to sign in, with status 200. */
export async function download(
  deps: AdapterDeps,
  { bot_token }: SlackCredentials,
  { url = "", mime_type }: FileReference,
): Promise<Downloaded> {
  const headers = { authorization: `Bearer ${bot_token}` };
  const got = await downloadFile(deps, "slack", { url, headers, mime_type: mime_type ?? null });
  return !got.ok && got.code === "html" ? signInPage : got;
}

const signInPage: Downloaded = {
  ok: false,
  class: "configuration",
  code: "missing_scope",
  message:
    "Slack sent its sign-in page instead of the file: the app lacks the scope files:read. Add it under OAuth & Permissions and install the app again.",
};
