import type { Id } from "../runtime/ids.ts";
import { idAtEnd, keys, lists, prefixes } from "../table/keys.ts";
import type { Progress, Slice } from "../work/slice.ts";
import { cancel, type CancelDeps } from "./cancel-execution.ts";
import { isFinal } from "./execution.ts";

const why = { error: "The agent loop was deleted.", error_code: "agent_loop_deleted" } as const;

/** No worker stands still for longer: after that, none that had not noticed the end writes or calls any more. */
const workersGoneMs = 600_000;

/**
 * Ends what still runs of a loop, by the normal path, then erases its executions with their steps: each only when
 * the last worker that may have had it is gone. Until then its steps say what was called, and that nothing may be
 * called again; `not_yet` when some are left for that.
 */
export async function eraseExecutionsOfLoop(
  deps: EraseExecutionsDeps,
  { team_id, agent_loop_id }: { readonly team_id: Id<"team">; readonly agent_loop_id: Id<"loop"> },
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
    // Refused: it has ended or gone on meanwhile; the next look sees it.
    await cancel(deps, teamId, found, why);
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
