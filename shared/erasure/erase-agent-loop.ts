import { cancel, type CancelDeps } from "../agent-loops/cancel-execution.ts";
import { isFinal } from "../agent-loops/execution.ts";
import { keys, lists, prefixes } from "../table/keys.ts";
import type { Progress, Slice } from "./erase-conversation.ts";

const why = { error: "The agent loop was deleted.", error_code: "agent_loop_deleted" } as const;

/**
 * Ends what still runs of a loop, by the normal path, then erases its executions with their steps. Their heads stay
 * until the last look: a worker that had not yet noticed the end may have stored one more step, found by its head.
 */
export async function eraseExecutionsOf(
  deps: CancelDeps,
  teamId: string,
  loopId: string,
  slice: Slice,
  isLastLook: boolean,
): Promise<Progress> {
  const pk = lists.executions(teamId, loopId);
  let after: Readonly<Record<string, unknown>> | undefined;
  do {
    const page = await deps.table.query({
      pk,
      index: "listed",
      limit: 100,
      ...(after && { after }),
    });
    for (const row of page.items) {
      if (slice.isOver()) return "out_of_time";
      const id = row.pk.slice(row.pk.lastIndexOf("#") + 1);
      const progress = await eraseExecution(deps, teamId, id, slice, isLastLook);
      if (progress === "out_of_time") return progress;
    }
    after = page.last;
  } while (after);
  return "done";
}

async function eraseExecution(
  deps: CancelDeps,
  teamId: string,
  id: string,
  slice: Slice,
  isLastLook: boolean,
): Promise<Progress> {
  const { table, executions } = deps;
  for (;;) {
    const found = await executions.find(teamId, id);
    if (!found || isFinal(found.head.status)) break;
    // Refused: it has ended or gone on meanwhile; look again.
    await cancel(deps, teamId, found, why);
    if (slice.isOver()) return "out_of_time";
  }
  const { pk, prefix } = prefixes.steps(teamId, id);
  for (;;) {
    if (slice.isOver()) return "out_of_time";
    const { items } = await table.query({ pk, where: { begins: prefix }, limit: 100 });
    if (items.length === 0) break;
    await table.deleteAll(items);
  }
  await table.deleteAll([keys.executionText(teamId, id), keys.executionWork(teamId, id)]);
  // Last, because the list shows it: a repeat finds what is left.
  if (isLastLook) await table.deleteAll([keys.execution(teamId, id)]);
  return "done";
}
