import { createBotStore } from "#shared/bots/bot-store";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import {
  createIntegration,
  type CreateIntegrationDeps,
} from "#shared/integrations/create-integration";
import { createIntegrationStore } from "#shared/integrations/integration-store";
import { allowsPrivateUrls } from "#shared/outbound/allows-private-urls";
import { liveRecordSecrets, liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: CreateIntegrationDeps): Handle<typeof route> =>
  async ({ caller, params, body, mint }) => ({
    body: await createIntegration(deps, caller, params.bot_id, body, mint),
  });

export const handler = serve(
  route,
  () =>
    handle({
      bots: createBotStore(liveTable()),
      integrations: createIntegrationStore(liveTable()),
      secrets: liveTeamSecrets(),
      allowPrivate: allowsPrivateUrls,
    }),
  { secrets: liveRecordSecrets },
);
