import { createBotStore } from "#shared/bots/bot-store";
import { createFigureStore } from "#shared/figures/figure-store";
import { reportBot, type ReportBotDeps } from "#shared/figures/report-bot";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { createIntegrationStore } from "#shared/integrations/integration-store";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: ReportBotDeps): Handle<typeof route> =>
  async ({ caller, params, query, mint }) => ({
    body: await reportBot(deps, caller.team_id, params.bot_id, query, mint.now),
  });

export const handler = serve(route, () => {
  const table = liveTable();
  return handle({
    bots: createBotStore(table),
    integrations: createIntegrationStore(table),
    figures: createFigureStore(table),
  });
});
