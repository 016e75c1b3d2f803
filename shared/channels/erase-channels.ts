import type { Id } from "../runtime/ids.ts";
import { keys } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import type { Progress } from "../work/slice.ts";
import { createChannelStore } from "./channel-store.ts";

/** Erases the channels of a bot, when nothing was left in them. */
export async function eraseChannelsOfBot(
  { table }: { readonly table: Table },
  { team_id, bot_id }: { readonly team_id: Id<"team">; readonly bot_id: Id<"bot"> },
): Promise<Progress> {
  const channels = await createChannelStore(table).list(team_id, bot_id);
  await table.deleteAll(channels.map(({ id }) => keys.hook(id)));
  await table.deleteAll(channels.map(({ id }) => keys.channelAddress(team_id, id)));
  await table.deleteAll(channels.map(({ id }) => keys.channel(team_id, bot_id, id)));
  return "done";
}
