import type { AgentLoopStore } from "../agent-loops/agent-loop-store.ts";
import { nextDue } from "../agent-loops/schedule.ts";
import { asSchedule, type StoredSchedule } from "../agent-loops/schedule-items.ts";
import { isoTime } from "../runtime/clock.ts";
import { derivedId } from "../runtime/derived-id.ts";
import type { Id } from "../runtime/ids.ts";
import { createMint } from "../runtime/mint.ts";
import { all, changes, equals } from "../table/condition.ts";
import type { Operation } from "../table/table.ts";
import { removeWork, tryInAnHour } from "../work/end-lease.ts";
import type { Lease } from "../work/lease.ts";
import { wake } from "../work/wake.ts";
import { wait } from "../work/work-item.ts";
import type { Work, WorkDeps } from "../work/work-on.ts";
import { isFinal } from "./execution.ts";
import type { ExecutionStore } from "./execution-store.ts";
import { newExecution } from "./new-execution.ts";

/**
 * The jobs worker's part of a schedule: a due time starts at most one execution, whose id follows from loop and due
 * time; times that were missed start one together.
 */
export const runSchedule = (deps: RunScheduleDeps): Work<"schedule"> => ({
  run: async (lease) => {
    const { ref } = lease;
    const loopId = ref.agent_loop_id;
    const stored = asSchedule(lease.item);
    const loop = await deps.loops.find(ref.team_id, loopId);
    if (!stored || !loop || loop.status !== "active" || !loop.schedule) {
      return removeWork(deps, lease);
    }
    const now = deps.clock();
    const due = stored.next_run_at;
    const next = nextDue(stored.schedule, stored.anchor, Math.max(due, now));
    if (next === undefined) return removeWork(deps, lease);
    const move = moveTo(lease, stored, next, now);
    if (stored.schedule.overlap === "skip" && (await isRunning(deps, ref.team_id, loopId))) {
      await deps.table.transact({ move });
    } else {
      const made = newExecution(
        loop,
        { id: derivedId("exec", due, loopId, String(due)), trigger: "schedule" },
        { user_message: undefined, variables: {}, metadata: { scheduled_for: isoTime(due) } },
        createMint(now),
      );
      const outcome = await deps.executions.queue(ref.team_id, made, now, { withIt: { move } });
      if (outcome === "loop_gone" || outcome === "loop_paused") return removeWork(deps, lease);
      if (outcome === "queued" || outcome === "was_queued") {
        const started = {
          kind: "execution",
          team_id: ref.team_id,
          execution_id: made.execution.id,
        } as const;
        await wake(deps, started, now);
        // Then the date was not moved here: it was set back since, as a change of the schedule may do.
        if (outcome === "was_queued") await deps.table.transact({ move });
      }
    }
    await wake(deps, ref, next);
  },

  giveUp: tryInAnHour(deps),
});

export interface RunScheduleDeps extends WorkDeps {
  readonly loops: AgentLoopStore;
  readonly executions: ExecutionStore;
}

/** Moves the date, if it is still the one that was due. */
function moveTo(
  { key, token }: Lease,
  { next_run_at }: StoredSchedule,
  next: number,
  now: number,
): Operation {
  return {
    update: key,
    change: changes(wait(next, now), { set: { next_run_at: next } }),
    condition: all(equals("next_run_at", next_run_at), equals("lease_token", token)),
  };
}

async function isRunning(
  { executions }: RunScheduleDeps,
  teamId: Id<"team">,
  loopId: Id<"loop">,
): Promise<boolean> {
  const counter = await executions.counter(teamId, loopId);
  if (!counter?.last_execution_id) return false;
  const last = await executions.head(teamId, counter.last_execution_id);
  return last !== undefined && !isFinal(last.status);
}
