import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { createAgentLoop, type CreateAgentLoopDeps } from "#shared/agent-loops/create-agent-loop";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { allowsPrivateUrls } from "#shared/outbound/allows-private-urls";
import { liveRecordSecrets, liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { createTeamStore } from "#shared/teams/team-store";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

export const handle =
  (deps: CreateAgentLoopDeps): Handle<typeof route> =>
  async ({ caller, body, mint }) => ({
    body: await createAgentLoop(deps, caller, body, mint),
  });

export const handler = serve(
  route,
  () => {
    const work = liveWork();
    return handle({
      ...work,
      teams: createTeamStore(work.table),
      loops: createAgentLoopStore(work.table),
      secrets: liveTeamSecrets(),
      allowPrivate: allowsPrivateUrls,
    });
  },
  { secrets: liveRecordSecrets },
);
