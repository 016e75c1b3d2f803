import type { AgentLoopStore } from "../agent-loops/agent-loop-store.ts";
import { notFound } from "../errors/api-error.ts";
import type { Id } from "../runtime/ids.ts";
import type { ExecutionStore } from "./execution-store.ts";

/** Reads an execution with its texts. Throws a 404 when it, or its loop, is not there. */
export async function findExecution(
  { loops, executions }: { readonly loops: AgentLoopStore; readonly executions: ExecutionStore },
  teamId: Id<"team">,
  id: Id<"exec">,
) {
  const found = await executions.find(teamId, id);
  if (!found || !(await loops.find(teamId, found.head.agent_loop_id))) throw notFound();
  return found;
}
