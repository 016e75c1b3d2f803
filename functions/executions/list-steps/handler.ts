import { type AgentLoopStore, createAgentLoopStore } from "#shared/agent-loops/agent-loop-store";
import { type ExecutionStore, createExecutionStore } from "#shared/executions/execution-store";
import { findExecution } from "#shared/executions/find-execution";
import { shownStep } from "#shared/executions/shown-step";
import { liveTable } from "#shared/table/live-table";
import type { Handle } from "#shared/http/define-route";
import { serve } from "#shared/http/serve";
import { route } from "./route.ts";

export const handle =
  (deps: { loops: AgentLoopStore; executions: ExecutionStore }): Handle<typeof route> =>
  async ({ caller, params, page }) => {
    await findExecution(deps, caller.team_id, params.id);
    const { per_page } = page;
    const from = page.after === undefined ? (page.page - 1) * per_page + 1 : Number(page.after) + 1;
    const to = from + per_page - 1;
    const total = await deps.executions.stepCount(caller.team_id, params.id);
    const steps = await deps.executions.steps(caller.team_id, params.id, from, Math.min(to, total));
    return {
      rows: steps.map((step) => shownStep(params.id, step)),
      total,
      next: to < total ? String(to) : undefined,
    };
  };

export const handler = serve(route, () => {
  const table = liveTable();
  return handle({ loops: createAgentLoopStore(table), executions: createExecutionStore(table) });
});
