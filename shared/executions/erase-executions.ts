import type { Id } from "../runtime/ids.ts";
import { idAtEnd, keys, lists, prefixes } from "../table/keys.ts";
import { overChanges } from "../table/over-changes.ts";
import { deleteRows, type Progress, type Slice } from "../work/slice.ts";
import { cancel, type CancelDeps, loopDeleted } from "./cancel-execution.ts";
import { type ExecutionStatus, isFinal } from "./execution.ts";

/** No worker stands still for longer: after that, none that had not noticed the end writes or calls any more. */
const workersGoneMs = 600_000;

/**
 * Ends what still runs of a loop, by the normal path: before anything is erased, which may take hours. Others may be at
 * it: its worker, which goes on in between, or a person.
 */
export const endExecutionsOfLoop = ofEach(async (deps, teamId, id, _, listed) => {
  if (isFinal(listed)) return "done";
  return overChanges(["execution", id], async () => {
    const found = await deps.executions.find(teamId, id);
    const hasEnded =
      !found ||
      isFinal(found.head.status) ||
      (await cancel(deps, teamId, found, loopDeleted)) !== "refused";
    return hasEnded ? "done" : undefined;
  });
});

/**
 * Erases a loop's executions with their steps: each only when it has ended and the last worker that may have had it is
 * gone. Until then its steps say what was called, and that nothing may be called again; `not_yet` when some are left for
 * that.
 */
export const eraseExecutionsOfLoop = ofEach(eraseExecution);

export type EraseExecutionsDeps = CancelDeps;

/** Does something with each execution in a loop's list. */
function ofEach(
  act: (
    deps: EraseExecutionsDeps,
    teamId: Id<"team">,
    id: Id<"exec">,
    slice: Slice,
    /** Its status as the list shows it, which may be a little late. */
    listed: ExecutionStatus,
  ) => Promise<Progress>,
) {
  return async (
    deps: EraseExecutionsDeps,
    {
      team_id,
      agent_loop_id,
    }: { readonly team_id: Id<"team">; readonly agent_loop_id: Id<"loop"> },
    slice: Slice,
  ): Promise<Progress> => {
    const pk = lists.executions(team_id, agent_loop_id);
    let outcome: Progress = "done";
    for await (const page of deps.table.queryPages({ pk, index: "listed" })) {
      for (const row of page) {
        if (slice.isOver()) return "out_of_time";
        // As `ExecutionStore` puts it.
        const status = row["status"] as ExecutionStatus;
        const progress = await act(deps, team_id, idAtEnd<"exec">(row.pk), slice, status);
        if (progress === "out_of_time") return progress;
        if (progress === "not_yet") outcome = progress;
      }
    }
    return outcome;
  };
}

async function eraseExecution(
  deps: EraseExecutionsDeps,
  teamId: Id<"team">,
  id: Id<"exec">,
  slice: Slice,
): Promise<Progress> {
  const { table, executions } = deps;
  const found = await executions.find(teamId, id);
  // One that has not ended has no such time: the index did not show it before.
  const goneMs = deps.clock() - Date.parse(found?.head.completed_at ?? "");
  if (found && !(goneMs >= workersGoneMs)) return "not_yet";
  const steps = await deleteRows(table, prefixes.steps(teamId, id), slice);
  if (steps !== "done") return steps;
  await table.deleteAll([keys.executionText(teamId, id), keys.executionWork(teamId, id)]);
  // Last, because the list shows it: a repeat finds what is left.
  await table.deleteAll([keys.execution(teamId, id)]);
  return "done";
}
