import type { Id } from "../runtime/ids.ts";
import type { Table } from "../table/table.ts";
import type { Progress, Slice } from "../work/slice.ts";
import { createChannelStore } from "./channel-store.ts";

/** Erases the channels of a bot, when nothing was left in them. */
export async function eraseChannelsOfBot(
  { table }: { readonly table: Table },
  { team_id, bot_id }: { readonly team_id: Id<"team">; readonly bot_id: Id<"bot"> },
  slice: Slice,
): Promise<Progress> {
  const channels = createChannelStore(table);
  for (const channel of await channels.list(team_id, bot_id)) {
    if (slice.isOver()) return "out_of_time";
    await channels.remove(team_id, channel, {});
  }
  return "done";
}
