import { auditedAgentLoop } from "../agent-loops/agent-loop.ts";
import type { AgentLoopStore } from "../agent-loops/agent-loop-store.ts";
import type { Actor } from "../audit/audit-entry.ts";
import { auditPart } from "../audit/audit-store.ts";
import { notFound } from "../errors/api-error.ts";
import type { Queues } from "../queue/queues.ts";
import { type Clock, isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import { overChanges } from "../table/over-changes.ts";
import { wake } from "../work/wake.ts";
import { erasureJob } from "./job.ts";

/** Hides a loop at once; a job cancels what runs and erases its executions. */
export async function deleteAgentLoop(
  deps: DeleteAgentLoopDeps,
  by: Actor,
  loopId: Id<"loop">,
  mint: Mint,
): Promise<void> {
  const teamId = by.team_id;
  const { row, ref } = erasureJob(teamId, { erase: "agent_loop", agent_loop_id: loopId }, mint);
  await overChanges(["loop", loopId], async () => {
    const seen = await deps.loops.find(teamId, loopId);
    if (!seen) throw notFound();
    const audit = auditPart(by, mint, {
      action: "agent_loop.deleted",
      resource_id: loopId,
      before: auditedAgentLoop(seen),
      after: null,
    });
    const withIt = { job: { putIfAbsent: row }, ...audit };
    const outcome = await deps.loops.markDeleted(teamId, seen, isoTime(mint.now), withIt);
    return outcome === "marked" ? outcome : undefined;
  });
  await wake(deps, ref, mint.now);
}

export interface DeleteAgentLoopDeps {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly loops: AgentLoopStore;
}
