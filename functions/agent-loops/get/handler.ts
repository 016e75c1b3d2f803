import { type AgentLoopStore, createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { readLoopDates, shownAgentLoop } from "#shared/agent-loops/shown-agent-loop";
import { notFound } from "#shared/errors/api-error";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { liveTable } from "#shared/table/live-table";
import type { Table } from "#shared/table/table";
import { route } from "./route.ts";

export const handle =
  ({ table, loops }: { table: Table; loops: AgentLoopStore }): Handle<typeof route> =>
  async ({ caller, params }) => {
    const [loop, [dates]] = await Promise.all([
      loops.find(caller.team_id, params.id),
      readLoopDates(table, caller.team_id, [params]),
    ]);
    if (!loop || !dates) throw notFound();
    return { body: shownAgentLoop(loop, dates) };
  };

export const handler = serve(route, () => {
  const table = liveTable();
  return handle({ table, loops: createAgentLoopStore(table) });
});
