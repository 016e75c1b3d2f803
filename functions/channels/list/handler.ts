import { createBotStore } from "#shared/bots/bot-store";
import { shownChannel, type StoredChannel } from "#shared/channels/channel";
import { createChannelStore } from "#shared/channels/channel-store";
import { lastInboundAt } from "#shared/channels/last-inbound";
import { listChannels, type ListChannelsDeps } from "#shared/channels/list-channels";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import type { Table } from "#shared/table/table";
import { route } from "./route.ts";

export const handle =
  (deps: ListChannelsDeps & { readonly table: Table }): Handle<typeof route> =>
  async ({ caller, params, query, page }) => {
    const found = await listChannels(deps, caller.team_id, params.bot_id, query, page);
    const show = async (channel: StoredChannel) =>
      shownChannel(channel, await lastInboundAt(deps.table, caller.team_id, channel.id));
    return { ...found, rows: await Promise.all(found.rows.map(show)) };
  };

export const handler = serve(route, () => {
  const table = liveTable();
  return handle({ table, bots: createBotStore(table), channels: createChannelStore(table) });
});
