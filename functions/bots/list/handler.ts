import { type BotStore, createBotStore } from "#shared/bots/bot-store";
import { listBots } from "#shared/bots/list-bots";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: { bots: BotStore }): Handle<typeof route> =>
  ({ caller, query, page }) =>
    listBots(deps, caller.team_id, query, page);

export const handler = serve(route, () => handle({ bots: createBotStore(liveTable()) }));
