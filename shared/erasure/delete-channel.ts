import type { ChannelStore } from "../channels/channel-store.ts";
import { closeCounts } from "../conversations/erase-conversations.ts";
import { notFound } from "../errors/api-error.ts";
import type { Queues } from "../queue/queues.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { wake } from "../work/wake.ts";
import { erasureJob } from "./job.ts";

/** Removes a channel at once and erases its conversations by a job. */
export async function deleteChannel(
  deps: DeleteChannelDeps,
  teamId: Id<"team">,
  channelId: Id<"ch">,
  mint: Mint,
): Promise<void> {
  const found = await deps.channels.find(teamId, channelId);
  if (!found) throw notFound();
  const { bot_id } = found.channel;
  const erasure = { erase: "channel", bot_id, channel_id: channelId } as const;
  const { row, ref } = erasureJob(teamId, erasure, mint);
  const outcome = await deps.channels.remove(teamId, found.channel, {
    ...closeCounts(teamId, bot_id, channelId),
    job: { putIfAbsent: row },
  });
  if (outcome === "unknown") throw notFound();
  await wake(deps, ref, mint.now);
}

export interface DeleteChannelDeps {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly channels: ChannelStore;
}
