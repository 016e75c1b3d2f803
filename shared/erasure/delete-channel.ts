import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { auditedChannel, isOfPlatform } from "../channels/channel.ts";
import type { ChannelStore } from "../channels/channel-store.ts";
import { closeCounts } from "../conversations/erase-conversations.ts";
import { notFound } from "../errors/api-error.ts";
import type { Queues } from "../queue/queues.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { overChanges } from "../table/over-changes.ts";
import { wake } from "../work/wake.ts";
import { erasureJob } from "./job.ts";

/** Removes a channel at once and erases its conversations by a job. */
export async function deleteChannel(
  deps: DeleteChannelDeps,
  by: Actor,
  channelId: Id<"ch">,
  mint: Mint,
): Promise<void> {
  const teamId = by.team_id;
  const { job, deleted } = await overChanges(["channel", channelId], async () => {
    const found = await deps.channels.find(teamId, channelId);
    if (!found) throw notFound();
    const { bot_id } = found.channel;
    const erasure = { erase: "channel", bot_id, channel_id: channelId } as const;
    const { row, ref } = erasureJob(teamId, erasure, mint);
    const outcome = await deps.channels.remove(teamId, found.channel, deps.clock(), {
      ...closeCounts(teamId, bot_id, channelId),
      job: { putIfAbsent: row },
      ...auditPart(by, mint, {
        action: "channel.deleted",
        resource_id: channelId,
        before: auditedChannel(found.channel),
        after: null,
      }),
    });
    return outcome === "removed" ? { job: ref, deleted: found.channel } : undefined;
  });
  await wake(deps, job, mint.now);
  if (!isOfPlatform(deleted)) return;
  const letsGo = { kind: "connection", team_id: teamId, channel_id: channelId } as const;
  await wake(deps, letsGo, mint.now);
}

export interface DeleteChannelDeps {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly channels: ChannelStore;
}
