import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { limits, requestsPerMinute } from "#shared/teams/team";
import { createTeamStore, type TeamStore } from "#shared/teams/team-store";
import { route } from "./route.ts";

export const handle =
  ({ teams }: { teams: TeamStore }): Handle<typeof route> =>
  async ({ caller }) => {
    const team = await teams.find(caller.team_id);
    if (!team) throw notFound();
    const requests_per_minute = requestsPerMinute[team.plan];
    return {
      body: { ...team, limits: { requests_per_minute, ...limits }, scopes: [...caller.scopes] },
    };
  };

export const handler = serve(route, () => handle({ teams: createTeamStore(liveTable()) }));
