import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { createIntegrationStore } from "#shared/integrations/integration-store";
import { rotateSecret, type RotateSecretDeps } from "#shared/integrations/rotate-secret";
import { liveRecordSecrets, liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: RotateSecretDeps): Handle<typeof route> =>
  async ({ caller, params, mint }) => ({
    body: await rotateSecret(deps, caller, params.id, mint),
  });

export const handler = serve(
  route,
  () => handle({ integrations: createIntegrationStore(liveTable()), secrets: liveTeamSecrets() }),
  { secrets: liveRecordSecrets },
);
