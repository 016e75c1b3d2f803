import { type ApiKeyStore, createApiKeyStore } from "#shared/api-keys/api-key-store";
import { deleteApiKey } from "#shared/api-keys/delete-api-key";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: { apiKeys: ApiKeyStore }): Handle<typeof route> =>
  async ({ caller, params, mint }) => {
    await deleteApiKey(deps, caller, params.id, mint);
    return { body: { id: params.id, deleted: true } };
  };

export const handler = serve(route, () => handle({ apiKeys: createApiKeyStore(liveTable()) }));
