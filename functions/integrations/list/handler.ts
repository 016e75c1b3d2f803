import { createBotStore } from "#shared/bots/bot-store";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { createIntegrationStore } from "#shared/integrations/integration-store";
import {
  listIntegrations,
  type ListIntegrationsDeps,
} from "#shared/integrations/list-integrations";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: ListIntegrationsDeps): Handle<typeof route> =>
  ({ caller, params, query, page }) =>
    listIntegrations(deps, caller.team_id, params.bot_id, query, page);

export const handler = serve(route, () =>
  handle({ bots: createBotStore(liveTable()), integrations: createIntegrationStore(liveTable()) }),
);
