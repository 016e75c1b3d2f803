import type { AgentLoopStore } from "../agent-loops/agent-loop-store.ts";
import type { Id } from "../runtime/ids.ts";
import { numberAt } from "../table/dense-numbers.ts";
import type { Page, PageRequest } from "../table/page.ts";
import type { ExecutionStore } from "./execution-store.ts";
import { findExecution } from "./find-execution.ts";
import { shownStep } from "./shown-step.ts";
import type { Step } from "./step.ts";

/** An execution's steps, oldest first: numbers are dense, so any page is a range of them. */
export async function listSteps(
  deps: ListStepsDeps,
  teamId: Id<"team">,
  id: Id<"exec">,
  { per_page, page, after }: PageRequest,
): Promise<Page<Step>> {
  await findExecution(deps, teamId, id);
  const from = after === undefined ? (page - 1) * per_page + 1 : numberAt(after) + 1;
  const to = from + per_page - 1;
  const total = await deps.executions.stepCount(teamId, id);
  const steps = await deps.executions.steps(teamId, id, from, Math.min(to, total));
  return {
    rows: steps.map((step) => shownStep(id, step)),
    total,
    next: to < total ? String(to) : undefined,
  };
}

export interface ListStepsDeps {
  readonly loops: AgentLoopStore;
  readonly executions: ExecutionStore;
}
