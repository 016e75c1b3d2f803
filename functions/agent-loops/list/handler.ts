import { type AgentLoopStore, createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { readLoopDates, shownAgentLoop } from "#shared/agent-loops/shown-agent-loop";
import { hasName } from "#shared/schema/has-name";
import { pageOf } from "#shared/table/page";
import type { Table } from "#shared/table/table";
import { liveTable } from "#shared/table/live-table";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { route } from "./route.ts";

export const handle =
  ({ table, loops }: { table: Table; loops: AgentLoopStore }): Handle<typeof route> =>
  async ({ caller, query, page }) => {
    const found = (await loops.list(caller.team_id)).filter(
      (loop) =>
        (query.status === undefined || loop.status === query.status) && hasName(loop, query.name),
    );
    const { rows, ...rest } = pageOf(found, page, ({ id }) => id);
    const dates = await readLoopDates(table, caller.team_id, rows);
    const none = { next_run_at: null, last_execution_at: null };
    return { ...rest, rows: rows.map((loop, index) => shownAgentLoop(loop, dates[index] ?? none)) };
  };

export const handler = serve(route, () => {
  const table = liveTable();
  return handle({ table, loops: createAgentLoopStore(table) });
});
