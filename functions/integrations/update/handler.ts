import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { shownIntegration } from "#shared/integrations/integration";
import { createIntegrationStore } from "#shared/integrations/integration-store";
import {
  updateIntegration,
  type UpdateIntegrationDeps,
} from "#shared/integrations/update-integration";
import { allowsPrivateUrls } from "#shared/outbound/allows-private-urls";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: UpdateIntegrationDeps): Handle<typeof route> =>
  async ({ caller, params, body, mint }) => {
    const changed = await updateIntegration(deps, caller, params.id, body, mint);
    return { body: shownIntegration(changed) };
  };

export const handler = serve(route, () =>
  handle({
    integrations: createIntegrationStore(liveTable()),
    secrets: liveTeamSecrets(),
    allowPrivate: allowsPrivateUrls,
  }),
);
