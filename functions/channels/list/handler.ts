import { type BotStore, createBotStore } from "#shared/bots/bot-store";
import { type ChannelStore, createChannelStore } from "#shared/channels/channel-store";
import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { pageOf } from "#shared/table/page";
import { route } from "./route.ts";

export const handle =
  ({ bots, channels }: { bots: BotStore; channels: ChannelStore }): Handle<typeof route> =>
  async ({ caller, params, query, page }) => {
    const [bot, all] = await Promise.all([
      bots.find(caller.team_id, params.bot_id),
      channels.list(caller.team_id, params.bot_id),
    ]);
    if (!bot) throw notFound();
    const rows = all
      .toReversed()
      .filter(
        ({ type, status }) =>
          (query.type === undefined || type === query.type) &&
          (query.status === undefined || status === query.status),
      );
    return pageOf(rows, page, ({ id }) => id);
  };

export const handler = serve(route, () =>
  handle({ bots: createBotStore(liveTable()), channels: createChannelStore(liveTable()) }),
);
