import { createBotStore } from "#shared/bots/bot-store";
import { shownChannel } from "#shared/channels/channel";
import { createChannelStore } from "#shared/channels/channel-store";
import { listChannels, type ListChannelsDeps } from "#shared/channels/list-channels";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: ListChannelsDeps): Handle<typeof route> =>
  async ({ caller, params, query, page }) => {
    const found = await listChannels(deps, caller.team_id, params.bot_id, query, page);
    return { ...found, rows: found.rows.map(shownChannel) };
  };

export const handler = serve(route, () =>
  handle({ bots: createBotStore(liveTable()), channels: createChannelStore(liveTable()) }),
);
