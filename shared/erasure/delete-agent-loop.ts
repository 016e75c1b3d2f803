import type { AgentLoopStore } from "../agent-loops/agent-loop-store.ts";
import { notFound } from "../errors/api-error.ts";
import type { Queues } from "../queue/queues.ts";
import { type Clock, isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { wake } from "../work/wake.ts";
import { erasureJob } from "./job.ts";

/** Hides a loop at once; a job cancels what runs and erases its executions. */
export async function deleteAgentLoop(
  deps: DeleteAgentLoopDeps,
  teamId: Id<"team">,
  loopId: Id<"loop">,
  mint: Mint,
): Promise<void> {
  const { row, ref } = erasureJob(teamId, { erase: "agent_loop", agent_loop_id: loopId }, mint);
  const withIt = { job: { putIfAbsent: row } };
  const outcome = await deps.loops.markDeleted(teamId, loopId, isoTime(mint.now), withIt);
  if (outcome === "unknown") throw notFound();
  await wake(deps, ref, mint.now);
}

export interface DeleteAgentLoopDeps {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly loops: AgentLoopStore;
}
