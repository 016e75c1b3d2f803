import { type ApiKeyStore, createApiKeyStore } from "#shared/api-keys/api-key-store";
import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { limits, requestsPerMinute } from "#shared/teams/team";
import { createTeamStore, type TeamStore } from "#shared/teams/team-store";
import { route } from "./route.ts";

export const handle =
  ({ teams, apiKeys }: { teams: TeamStore; apiKeys: ApiKeyStore }): Handle<typeof route> =>
  async ({ caller }) => {
    const [team, key] = await Promise.all([
      teams.find(caller.team_id),
      apiKeys.find(caller.team_id, caller.key_id),
    ]);
    if (!team || !key) throw notFound();
    const requests_per_minute = requestsPerMinute[team.plan];
    return {
      body: {
        ...team,
        limits: { requests_per_minute, ...limits },
        scopes: [...caller.scopes],
        api_key: { ...key, expires_at: key.expires_at ?? null },
      },
    };
  };

export const handler = serve(route, () =>
  handle({ teams: createTeamStore(liveTable()), apiKeys: createApiKeyStore(liveTable()) }),
);
