import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { shownIntegration } from "#shared/integrations/integration";
import {
  createIntegrationStore,
  type IntegrationStore,
} from "#shared/integrations/integration-store";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  ({ integrations }: { integrations: IntegrationStore }): Handle<typeof route> =>
  async ({ caller, params }) => {
    const found = await integrations.find(caller.team_id, params.id);
    if (!found) throw notFound();
    return { body: shownIntegration(found.integration) };
  };

export const handler = serve(route, () =>
  handle({ integrations: createIntegrationStore(liveTable()) }),
);
