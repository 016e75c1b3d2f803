import type { AgentLoopStore } from "../agent-loops/agent-loop-store.ts";
import { ApiError, notFound } from "../errors/api-error.ts";
import type { Queues } from "../queue/queues.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { wake } from "../work/wake.ts";
import type { Execution } from "./execution.ts";
import type { ExecutionStore } from "./execution-store.ts";
import { newExecution, type RunInput } from "./new-execution.ts";
import { shownExecution } from "./shown-execution.ts";

/** Queues an execution of a loop and wakes the worker. */
export async function runAgentLoop(
  deps: RunAgentLoopDeps,
  teamId: Id<"team">,
  loopId: Id<"loop">,
  input: RunInput,
  mint: Mint,
): Promise<Execution> {
  const [loop, counter] = await Promise.all([
    deps.loops.find(teamId, loopId),
    deps.executions.counterToMove(teamId, loopId),
  ]);
  if (!loop) throw notFound();
  const id = mint.id("exec");
  const made = newExecution(loop, { id, trigger: "api" }, input, mint);
  const outcome = await deps.executions.queue(teamId, made, mint.now, { counter });
  if (outcome === "loop_gone") throw notFound();
  if (outcome === "loop_paused") throw paused();
  await wake(deps, { kind: "execution", team_id: teamId, execution_id: id }, mint.now);
  return shownExecution({ ...made.execution, number: 0 }, made.text);
}

export interface RunAgentLoopDeps {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly loops: AgentLoopStore;
  readonly executions: ExecutionStore;
}

const paused = () =>
  new ApiError("conflict", "The agent loop is paused. Set its status to active to run it.");
