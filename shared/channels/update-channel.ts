import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { notFound } from "../errors/api-error.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { merged } from "../schema/merge.ts";
import { isSameJson } from "../schema/same-json.ts";
import { overChanges } from "../table/over-changes.ts";
import { auditedChannel, type ChannelPatch, type StoredChannel } from "./channel.ts";
import type { ChannelStore } from "./channel-store.ts";

/** Changes a channel; a change made at the same moment is merged with, not overwritten. */
export async function updateChannel(
  { channels }: UpdateChannelDeps,
  by: Actor,
  id: Id<"ch">,
  { name, enabled }: ChannelPatch,
  mint: Mint,
): Promise<StoredChannel> {
  return overChanges(["channel", id], async () => {
    const seen = (await channels.find(by.team_id, id))?.channel;
    if (!seen) throw notFound();
    const next = merged(seen, { name, enabled });
    if (isSameJson(next, seen)) return seen;
    const channel = { ...next, version: seen.version + 1, updated_at: isoTime(mint.now) };
    const audit = auditPart(by, mint, {
      action: "channel.updated",
      resource_id: id,
      before: auditedChannel(seen),
      after: auditedChannel(channel),
    });
    const outcome = await channels.replace(by.team_id, channel, seen.version, audit);
    return outcome === "replaced" ? channel : undefined;
  });
}

export interface UpdateChannelDeps {
  readonly channels: ChannelStore;
}
