import { type ApiKeyStore, createApiKeyStore } from "#shared/api-keys/api-key-store";
import { rotateApiKey } from "#shared/api-keys/rotate-api-key";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveRecordSecrets } from "#shared/secrets/live-team-secrets";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: { apiKeys: ApiKeyStore }): Handle<typeof route> =>
  async ({ caller, params, body, mint }) => ({
    body: await rotateApiKey(deps, caller, params.id, body, mint),
  });

export const handler = serve(route, () => handle({ apiKeys: createApiKeyStore(liveTable()) }), {
  secrets: liveRecordSecrets,
});
