import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { updateAgentLoop, type UpdateAgentLoopDeps } from "#shared/agent-loops/update-agent-loop";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { allowsPrivateUrls } from "#shared/outbound/allows-private-urls";
import { liveTeamSecrets } from "#shared/secrets/live-team-secrets";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

export const handle =
  (deps: UpdateAgentLoopDeps): Handle<typeof route> =>
  async ({ caller, params, body, mint }) => ({
    body: await updateAgentLoop(deps, caller, params.id, body, mint),
  });

export const handler = serve(route, () => {
  const work = liveWork();
  return handle({
    ...work,
    loops: createAgentLoopStore(work.table),
    secrets: liveTeamSecrets(),
    allowPrivate: allowsPrivateUrls,
  });
});
