import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { createIntegrationStore } from "#shared/integrations/integration-store";
import { testIntegration, type TestIntegrationDeps } from "#shared/integrations/test-integration";
import { createCallModel } from "#shared/models/create-call-model";
import { countCallsFor } from "#shared/outbound/call-slots";
import { liveSafeFetch } from "#shared/outbound/live-safe-fetch";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { liveTable } from "#shared/table/live-table";
import { liveHolding } from "#shared/work/live-holding";
import { route } from "./route.ts";

export const handle =
  (deps: TestIntegrationDeps): Handle<typeof route> =>
  async ({ caller, params, body, mint, deadline }) => ({
    body: await countCallsFor(caller.team_id, "integration_test", () =>
      testIntegration(deps, caller.team_id, params.id, {
        message: body.message,
        mint,
        deadline,
      }),
    ),
  });

export const handler = serve(route, () =>
  handle({
    integrations: createIntegrationStore(liveTable()),
    secrets: liveTeamSecrets(),
    fetch: liveSafeFetch,
    callModel: createCallModel({ fetch: liveSafeFetch }),
    ...liveHolding(),
  }),
);
