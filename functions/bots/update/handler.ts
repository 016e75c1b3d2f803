import { createBotStore } from "#shared/bots/bot-store";
import { updateBot, type UpdateBotDeps } from "#shared/bots/update-bot";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: UpdateBotDeps): Handle<typeof route> =>
  async ({ caller, params, body, mint }) => ({
    body: await updateBot(deps, caller, params.id, body, mint),
  });

export const handler = serve(route, () => handle({ bots: createBotStore(liveTable()) }));
