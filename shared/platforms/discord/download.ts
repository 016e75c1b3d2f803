import type { AdapterDeps, Downloaded } from "../adapter.ts";
import { downloadFile } from "../download-file.ts";
import type { FileReference } from "../inbound-event.ts";
import { type DiscordCredentials, userAgent } from "./call-discord.ts";

/** Fetches a file by its URL, which is signed for about a day: no token goes with it. */
export const download = (
  deps: AdapterDeps,
  _: DiscordCredentials,
  { url = "", mime_type }: FileReference,
): Promise<Downloaded> =>
  downloadFile(deps, "discord", { url, headers: userAgent, mime_type: mime_type ?? null });
