import type { Queues } from "../queue/queues.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { keys } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import type { Progress } from "../work/slice.ts";
import { wake } from "../work/wake.ts";
import { isOfPlatform } from "./channel.ts";
import { createChannelStore } from "./channel-store.ts";
import { connectionRef } from "./connection.ts";

/** Erases the channels of a bot, when nothing was left in them; a worker lets go of them at their platforms. */
export async function eraseChannelsOfBot(
  deps: EraseChannelsDeps,
  { team_id, bot_id }: { readonly team_id: Id<"team">; readonly bot_id: Id<"bot"> },
): Promise<Progress> {
  const { table } = deps;
  const store = createChannelStore(table);
  const channels = await store.list(team_id, bot_id);
  let progress: Progress = "done";
  for (const channel of channels.filter(isOfPlatform)) {
    const now = deps.clock();
    const outcome = await store.remove(team_id, channel, now, {});
    // Whoever was at it finds no bot any more.
    if (outcome === "changed") progress = "not_yet";
    else await wake(deps, connectionRef(team_id, channel.id), now);
  }
  const others = channels.filter((channel) => !isOfPlatform(channel));
  await table.deleteAll(others.map(({ id }) => keys.channelAddress(team_id, id)));
  await table.deleteAll(others.map(({ id }) => keys.channel(team_id, bot_id, id)));
  return progress;
}

export interface EraseChannelsDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly clock: Clock;
}
