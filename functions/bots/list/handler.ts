import { type BotStore, createBotStore } from "#shared/bots/bot-store";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { hasName } from "#shared/schema/has-name";
import { liveTable } from "#shared/table/live-table";
import { pageOf } from "#shared/table/page";
import { route } from "./route.ts";

export const handle =
  ({ bots }: { bots: BotStore }): Handle<typeof route> =>
  async ({ caller, query, page }) => {
    const rows = (await bots.list(caller.team_id)).filter(
      (bot) =>
        (query.status === undefined || bot.status === query.status) && hasName(bot, query.name),
    );
    return pageOf(rows, page, ({ id }) => id);
  };

export const handler = serve(route, () => handle({ bots: createBotStore(liveTable()) }));
