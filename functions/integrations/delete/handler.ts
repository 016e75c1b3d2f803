import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { deleteIntegration } from "#shared/integrations/delete-integration";
import {
  createIntegrationStore,
  type IntegrationStore,
} from "#shared/integrations/integration-store";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: { integrations: IntegrationStore }): Handle<typeof route> =>
  async ({ caller, params, mint }) => {
    await deleteIntegration(deps, caller, params.id, mint);
    return { body: { id: params.id, deleted: true } };
  };

export const handler = serve(route, () =>
  handle({ integrations: createIntegrationStore(liveTable()) }),
);
