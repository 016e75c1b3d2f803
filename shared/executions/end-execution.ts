import type { Queues } from "../queue/queues.ts";
import { type Clock, isoTime } from "../runtime/clock.ts";
import type { Measured } from "../runtime/embedded-metrics.ts";
import { log } from "../runtime/log.ts";
import { equals, exists } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import { finish } from "../work/work-item.ts";
import { wake } from "../work/wake.ts";
import { callbackItems } from "../deliveries/delivery-store.ts";
import { callbackTarget } from "../deliveries/delivery.ts";
import type {
  ExecutionErrorCode,
  ExecutionStatus,
  ExecutionText,
  StoredExecution,
  Usage,
} from "./execution.ts";
import { derivedId, logEnd, outputAttributes } from "./execution-items.ts";
import { callbackPayload } from "./shown-execution.ts";

/** How an execution ends. */
export interface End {
  readonly status: Extract<ExecutionStatus, "completed" | "failed" | "timeout" | "cancelled">;
  readonly usage: Usage;
  /** How many steps have used that: the number of the last. Another step refuses the end. */
  readonly steps: number;
  /** The text of the last step. */
  readonly output: string | null;
  /** The output was cut at the model's limit of tokens. */
  readonly truncated?: true | undefined;
  readonly error: string | null;
  readonly error_code: ExecutionErrorCode | null;
  /** The request that cancelled it. */
  readonly cancelled_by?: string;
}

/** What ending needs. */
export interface EndDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly clock: Clock;
}

const longestError = 500;

const measured: readonly Measured[] = [
  { by: "execution_status", units: { executions_ended: "Count" } },
];

/**
 * Ends an execution for good: status, figures, output, the end of its work and the callback's delivery, in one
 * transaction. With a lease token only its owner ends it; without, as a cancellation does, anybody.
 * Answers with the ended execution, or `refused` when it had ended before, had gone on or the lease is lost.
 */
export async function endExecution(
  deps: EndDeps,
  teamId: string,
  head: StoredExecution,
  text: Pick<ExecutionText, "settings">,
  end: End,
  leaseToken?: string,
): Promise<{ readonly ended: StoredExecution } | "refused"> {
  const now = deps.clock();
  const at = isoTime(now);
  const { callback } = text.settings;
  const createdAt = Date.parse(head.created_at);
  const deliveryId = derivedId("dlv", createdAt, head.id, "callback");
  const ended: StoredExecution = {
    ...head,
    ...end.usage,
    status: end.status,
    completed_at: at,
    error: end.error === null ? null : end.error.slice(0, longestError),
    error_code: end.error_code,
    callback_delivery_id: callback ? deliveryId : null,
    ...(end.truncated && { truncated: end.truncated }),
    ...(end.cancelled_by !== undefined && { cancelled_by: end.cancelled_by }),
    updated_at: at,
  };
  const { event, delivery } = callback
    ? callbackItems(
        teamId,
        {
          event_id: derivedId("evt", createdAt, head.id, "callback"),
          delivery_id: deliveryId,
        },
        callbackTarget(head.agent_loop_id, callback),
        JSON.stringify(callbackPayload(ended, end.output)),
        now,
      )
    : {};
  const outcome = await deps.table.transact({
    execution: {
      update: keys.execution(teamId, head.id),
      change: {
        set: {
          ...end.usage,
          status: ended.status,
          completed_at: at,
          error: ended.error,
          error_code: ended.error_code,
          callback_delivery_id: ended.callback_delivery_id,
          truncated: end.truncated,
          cancelled_by: end.cancelled_by,
          updated_at: at,
        },
      },
      // Neither ended nor begun since it was read: then its times would be others.
      condition: equals("status", head.status),
    },
    work: {
      update: keys.executionWork(teamId, head.id),
      change: finish,
      condition: leaseToken === undefined ? exists("due_at") : equals("lease_token", leaseToken),
    },
    text:
      end.output === null
        ? undefined
        : {
            update: keys.executionText(teamId, head.id),
            change: { set: outputAttributes(end.output, end.steps) },
          },
    // Behind a last answer no one appends: the log itself says that nothing follows. And who has not begun cannot.
    log:
      end.status === "completed" || head.status === "queued"
        ? undefined
        : { putIfAbsent: { ...keys.step(teamId, head.id, end.steps + 1), ...logEnd } },
    event: event && { put: event },
    delivery: delivery && { put: delivery },
  });
  if (!outcome.applied) return "refused";
  const fields = {
    team_id: teamId,
    execution_id: head.id,
    execution_status: ended.status,
    code: ended.error_code,
    executions_ended: 1,
  };
  log("info", "execution_ended", fields, measured);
  if (callback) {
    await wake(deps, { kind: "delivery", team_id: teamId, delivery_id: deliveryId }, now);
  }
  return { ended };
}
