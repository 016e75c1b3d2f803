import { type BotStore, createBotStore } from "#shared/bots/bot-store";
import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  ({ bots }: { bots: BotStore }): Handle<typeof route> =>
  async ({ caller, params }) => {
    const bot = await bots.find(caller.team_id, params.id);
    if (!bot) throw notFound();
    return { body: bot };
  };

export const handler = serve(route, () => handle({ bots: createBotStore(liveTable()) }));
