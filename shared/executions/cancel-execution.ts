import type { AgentLoopStore } from "../agent-loops/agent-loop-store.ts";
import { ApiError } from "../errors/api-error.ts";
import type { Id } from "../runtime/ids.ts";
import { keys } from "../table/keys.ts";
import { overChanges } from "../table/over-changes.ts";
import { heldLeases } from "../work/held-leases.ts";
import { type End, type EndDeps, endExecution } from "./end-execution.ts";
import { type Execution, type ExecutionText, isFinal, type StoredExecution } from "./execution.ts";
import type { ExecutionStore } from "./execution-store.ts";
import { findExecution } from "./find-execution.ts";
import { shownExecution } from "./shown-execution.ts";

/**
 * Ends an execution from outside, by the same path as every end. Its worker stops when it renews its lease; at once where
 * everyone is in this process.
 */
export async function cancel(
  deps: CancelDeps,
  teamId: Id<"team">,
  found: { readonly head: StoredExecution; readonly text: ExecutionText },
  why: Pick<End, "error" | "error_code" | "cancelled_by">,
): Promise<StoredExecution | "refused"> {
  const used = await deps.executions.used(teamId, found.head.id);
  const end = { status: "cancelled", ...used, output: null, ...why } as const;
  const ended = await endExecution(deps, teamId, found, end);
  heldLeases.get(keys.execution(teamId, found.head.id).pk)?.();
  return ended;
}

/** Why an execution is cancelled whose loop is gone. */
export const loopDeleted = {
  error: "The agent loop was deleted.",
  error_code: "agent_loop_deleted",
} as const;

export interface CancelDeps extends EndDeps {
  readonly executions: ExecutionStore;
}

export interface CancelExecutionDeps extends CancelDeps {
  readonly loops: AgentLoopStore;
}

/** Cancels an execution that has not ended. A repeat of the request that cancelled it is success. */
export async function cancelExecution(
  deps: CancelExecutionDeps,
  teamId: Id<"team">,
  id: Id<"exec">,
  requestId: Id<"req">,
): Promise<Execution> {
  return overChanges(["execution", id], async () => {
    const found = await findExecution(deps, teamId, id);
    if (found.head.cancelled_by === requestId) return shownExecution(found.head, found.text);
    if (isFinal(found.head.status)) {
      throw new ApiError(
        "conflict",
        `The execution has ended with the status ${found.head.status}; nothing is left to cancel.`,
      );
    }
    const why = { error: null, error_code: null, cancelled_by: requestId };
    const ended = await cancel(deps, teamId, found, why);
    return ended === "refused" ? undefined : shownExecution(ended, found.text);
  });
}
