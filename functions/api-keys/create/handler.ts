import { createApiKeyStore } from "#shared/api-keys/api-key-store";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveRecordSecrets } from "#shared/secrets/live-team-secrets";
import { liveTable } from "#shared/table/live-table";
import { createApiKey, type CreateApiKeyDeps } from "#shared/teams/create-api-key";
import { createTeamStore } from "#shared/teams/team-store";
import { route } from "./route.ts";

export const handle =
  (deps: CreateApiKeyDeps): Handle<typeof route> =>
  async ({ caller, body, mint }) => ({ body: await createApiKey(deps, caller, body, mint) });

export const handler = serve(
  route,
  () => handle({ teams: createTeamStore(liveTable()), apiKeys: createApiKeyStore(liveTable()) }),
  { secrets: liveRecordSecrets },
);
