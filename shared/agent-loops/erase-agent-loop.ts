import type { Id } from "../runtime/ids.ts";
import { idAtEnd, keys, prefixes, under } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import type { Progress } from "../work/slice.ts";

interface Erased {
  readonly team_id: Id<"team">;
  readonly agent_loop_id: Id<"loop">;
}

/** Erases the schedule of a loop: first, for it begins executions. */
export async function eraseSchedule(
  { table }: { readonly table: Table },
  { team_id, agent_loop_id }: Erased,
): Promise<Progress> {
  await table.deleteAll([keys.schedule(team_id, agent_loop_id)]);
  return "done";
}

/** Erases the rows of a loop itself: last, for its executions are found by it. */
export async function eraseAgentLoop(
  { table }: { readonly table: Table },
  { team_id, agent_loop_id }: Erased,
): Promise<Progress> {
  await table.deleteAll([
    keys.executionCounter(team_id, agent_loop_id),
    keys.agentLoop(team_id, agent_loop_id),
  ]);
  return "done";
}

/** All loops of a team; the deleted ones too, whose own erasures may not be done. */
export async function agentLoopsToErase(
  { table }: { readonly table: Table },
  { team_id }: { readonly team_id: Id<"team"> },
): Promise<Erased[]> {
  const rows = await table.queryAll(under(prefixes.agentLoops(team_id)));
  return rows.map(({ sk }) => ({ team_id, agent_loop_id: idAtEnd<"loop">(sk) }));
}
