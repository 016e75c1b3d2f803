import { createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { listAgentLoops, type ListAgentLoopsDeps } from "#shared/agent-loops/list-agent-loops";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import { route } from "./route.ts";

export const handle =
  (deps: ListAgentLoopsDeps): Handle<typeof route> =>
  ({ caller, query, page }) =>
    listAgentLoops(deps, caller.team_id, query, page);

export const handler = serve(route, () => {
  const table = liveTable();
  return handle({ table, loops: createAgentLoopStore(table) });
});
