import { type ApiKeyStore, createApiKeyStore } from "#shared/api-keys/api-key-store";
import { listApiKeys } from "#shared/api-keys/list-api-keys";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: { apiKeys: ApiKeyStore }): Handle<typeof route> =>
  ({ caller, page }) =>
    listApiKeys(deps, caller.team_id, page);

export const handler = serve(route, () => handle({ apiKeys: createApiKeyStore(liveTable()) }));
