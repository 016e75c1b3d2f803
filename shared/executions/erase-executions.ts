import type { Id } from "../runtime/ids.ts";
import { idAtEnd, keys, lists, prefixes } from "../table/keys.ts";
import { overChanges } from "../table/over-changes.ts";
import type { Progress, Slice } from "../work/slice.ts";
import { cancel, type CancelDeps } from "./cancel-execution.ts";
import { type ExecutionStatus, isFinal } from "./execution.ts";

const why = { error: "The agent loop was deleted.", error_code: "agent_loop_deleted" } as const;

/** No worker stands still for longer: after that, none that had not noticed the end writes or calls any more. */
const workersGoneMs = 600_000;

/** Which loop's executions. */
interface OfLoop {
  readonly team_id: Id<"team">;
  readonly agent_loop_id: Id<"loop">;
}

/** Ends what still runs of a loop, by the normal path: before anything is erased, which may take hours. */
export async function endExecutionsOfLoop(
  deps: EraseExecutionsDeps,
  { team_id, agent_loop_id }: OfLoop,
  slice: Slice,
): Promise<Progress> {
  const pk = lists.executions(team_id, agent_loop_id);
  for await (const page of deps.table.queryPages({ pk, index: "listed" })) {
    if (slice.isOver()) return "out_of_time";
    // As `ExecutionStore` puts it. The index may be a little late: the execution itself decides.
    for (const row of page.filter(({ status }) => !isFinal(status as ExecutionStatus))) {
      if (slice.isOver()) return "out_of_time";
      await endNow(deps, team_id, idAtEnd<"exec">(row.pk));
    }
  }
  return "done";
}

/** Ends an execution that has not ended. Others may be at it: its worker, which goes on in between, or a person. */
async function endNow(
  deps: EraseExecutionsDeps,
  teamId: Id<"team">,
  id: Id<"exec">,
): Promise<void> {
  await overChanges(["execution", id], async () => {
    const found = await deps.executions.find(teamId, id);
    if (!found || isFinal(found.head.status)) return "ended";
    const ended = await cancel(deps, teamId, found, why);
    return ended === "refused" ? undefined : "ended";
  });
}

/**
 * Erases a loop's executions with their steps: each only when it has ended and the last worker that may have had it is
 * gone. Until then its steps say what was called, and that nothing may be called again; `not_yet` when some are left for
 * that.
 */
export async function eraseExecutionsOfLoop(
  deps: EraseExecutionsDeps,
  { team_id, agent_loop_id }: OfLoop,
  slice: Slice,
): Promise<Progress> {
  const pk = lists.executions(team_id, agent_loop_id);
  let outcome: Progress = "done";
  for await (const page of deps.table.queryPages({ pk, index: "listed", limit: 100 })) {
    for (const row of page) {
      if (slice.isOver()) return "out_of_time";
      const id = idAtEnd<"exec">(row.pk);
      const progress = await eraseExecution(deps, team_id, id, slice);
      if (progress === "out_of_time") return progress;
      if (progress === "not_yet") outcome = progress;
    }
  }
  return outcome;
}

export type EraseExecutionsDeps = CancelDeps;

async function eraseExecution(
  deps: EraseExecutionsDeps,
  teamId: Id<"team">,
  id: Id<"exec">,
  slice: Slice,
): Promise<Progress> {
  const { table, executions } = deps;
  const found = await executions.find(teamId, id);
  if (found && !isFinal(found.head.status)) {
    // The index did not show it before.
    await endNow(deps, teamId, id);
    return "not_yet";
  }
  const endedAt = Date.parse(found?.head.completed_at ?? "");
  if (deps.clock() - endedAt < workersGoneMs) return "not_yet";
  const { pk, prefix } = prefixes.steps(teamId, id);
  for (;;) {
    if (slice.isOver()) return "out_of_time";
    const { items } = await table.query({ pk, where: { begins: prefix }, limit: 100 });
    if (items.length === 0) break;
    await table.deleteAll(items);
  }
  await table.deleteAll([keys.executionText(teamId, id), keys.executionWork(teamId, id)]);
  // Last, because the list shows it: a repeat finds what is left.
  await table.deleteAll([keys.execution(teamId, id)]);
  return "done";
}
