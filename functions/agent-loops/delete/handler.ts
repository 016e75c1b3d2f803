import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { deleteAgentLoop, type DeleteAgentLoopDeps } from "#shared/erasure/delete-agent-loop";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveWork } from "#shared/work/live-work";
import { route } from "./route.ts";

export const handle =
  (deps: DeleteAgentLoopDeps): Handle<typeof route> =>
  async ({ caller, params, mint }) => {
    await deleteAgentLoop(deps, caller, params.id, mint);
    return { body: { id: params.id, deleted: true } };
  };

export const handler = serve(route, () => {
  const work = liveWork();
  return handle({ ...work, loops: createAgentLoopStore(work.table) });
});
