import { type ApiKeyStore, createApiKeyStore, shownApiKey } from "#shared/api-keys/api-key-store";
import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  ({ apiKeys }: { apiKeys: ApiKeyStore }): Handle<typeof route> =>
  async ({ caller, params }) => {
    const apiKey = await apiKeys.find(caller.team_id, params.id);
    if (!apiKey) throw notFound();
    return { body: shownApiKey(apiKey, await apiKeys.credentialsOf([apiKey])) };
  };

export const handler = serve(route, () => handle({ apiKeys: createApiKeyStore(liveTable()) }));
