import { notFound } from "../errors/api-error.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { merged } from "../schema/merge.ts";
import { isSameJson } from "../schema/same-json.ts";
import { overChanges } from "../table/over-changes.ts";
import type { ChannelPatch, StoredChannel } from "./channel.ts";
import type { ChannelStore } from "./channel-store.ts";

/** Changes a channel; a change made at the same moment is merged with, not overwritten. */
export async function updateChannel(
  { channels }: UpdateChannelDeps,
  teamId: Id<"team">,
  id: Id<"ch">,
  { name, enabled }: ChannelPatch,
  now: number,
): Promise<StoredChannel> {
  return overChanges(["channel", id], async () => {
    const seen = (await channels.find(teamId, id))?.channel;
    if (!seen) throw notFound();
    const next = merged(seen, { name, enabled });
    if (isSameJson(next, seen)) return seen;
    const channel = { ...next, version: seen.version + 1, updated_at: isoTime(now) };
    if ((await channels.replace(teamId, channel, seen.version)) === "replaced") return channel;
    return undefined;
  });
}

export interface UpdateChannelDeps {
  readonly channels: ChannelStore;
}
