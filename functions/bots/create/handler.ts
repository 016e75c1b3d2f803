import { createBotStore } from "#shared/bots/bot-store";
import { createBot, type CreateBotDeps } from "#shared/bots/create-bot";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { putEcho } from "#shared/integrations/put-echo";
import { liveTable } from "#shared/table/live-table";
import { createTeamStore } from "#shared/teams/team-store";
import { route } from "./route.ts";

export const handle =
  (deps: CreateBotDeps): Handle<typeof route> =>
  async ({ caller, body, mint }) => ({ body: await createBot(deps, caller, body, mint) });

export const handler = serve(route, () =>
  handle({
    teams: createTeamStore(liveTable()),
    bots: createBotStore(liveTable()),
    putEcho,
  }),
);
