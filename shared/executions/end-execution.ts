import { tokensIn, usageParts } from "../figures/count-usage.ts";
import type { Queues } from "../queue/queues.ts";
import { type Clock, isoTime } from "../runtime/clock.ts";
import { derivedId } from "../runtime/derived-id.ts";
import type { Measured } from "../runtime/embedded-metrics.ts";
import type { Id } from "../runtime/ids.ts";
import { log } from "../runtime/log.ts";
import { equals, exists } from "../table/condition.ts";
import { keys } from "../table/keys.ts";
import type { Table } from "../table/table.ts";
import { reportParts, wakeDeliveries } from "../webhooks/report-event.ts";
import type { StoredWebhook } from "../webhooks/webhook.ts";
import { readWanting } from "../webhooks/webhook-store.ts";
import { finish } from "../work/work-item.ts";
import { callbackId, callbackParts } from "./callback.ts";
import type {
  EndedExecution,
  ExecutionErrorCode,
  ExecutionText,
  FinalStatus,
  StoredExecution,
  Usage,
} from "./execution.ts";
import { logEnd, outputAttributes, storedError } from "./execution-items.ts";
import { callbackPayload } from "./shown-execution.ts";

/** How an execution ends. */
export interface End {
  readonly status: FinalStatus;
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
  readonly cancelled_by?: Id<"req">;
  /** The lease of the worker that ends it; without one, as in a cancellation, anybody may. */
  readonly lease_token?: string;
}

/** What ends. */
interface Ending {
  readonly head: StoredExecution;
  readonly text: Pick<ExecutionText, "settings">;
  /** Who is told of it, where that is being read already. */
  readonly webhooks?: Promise<readonly StoredWebhook[]> | undefined;
}

/** What is told of an end. */
export const endEvent = "agent_loop.completed";

const measured: readonly Measured[] = [{ by: "execution_status", fields: ["executions_ended"] }];

/**
 * Ends an execution for good: status, figures, output, the end of its work, the callback's delivery and the event for
 * those endpoints that want it, in one transaction. Returns the ended execution, or `refused` when it had ended before, had gone on or
 * the lease is lost.
 */
export async function endExecution(
  deps: EndDeps,
  teamId: Id<"team">,
  { head, text, webhooks = readWanting(deps.table, teamId, endEvent) }: Ending,
  end: End,
): Promise<EndedExecution | "refused"> {
  const now = deps.clock();
  const at = isoTime(now);
  const { callback } = text.settings;
  const changed = {
    ...end.usage,
    status: end.status,
    completed_at: at,
    error: end.error === null ? null : storedError(end.error),
    error_code: end.error_code,
    callback_delivery_id: callback ? callbackId("dlv", head) : null,
    ...(end.truncated && { truncated: end.truncated }),
    ...(end.cancelled_by !== undefined && { cancelled_by: end.cancelled_by }),
    updated_at: at,
  };
  const ended: EndedExecution = { ...head, ...changed };
  const report = reportParts(teamId, await webhooks, {
    id: derivedId("evt", Date.parse(head.created_at), head.id, endEvent),
    type: endEvent,
    at: now,
    data: callbackPayload(ended, end.output),
  });
  const used = {
    [`executions_${end.status}`]: 1,
    deliveries: report.delivery_ids.length + (callback ? 1 : 0),
    ...tokensIn(end.usage),
  };
  const outcome = await deps.table.transact(
    {
      execution: {
        update: keys.execution(teamId, head.id),
        change: { set: changed },
        // Neither ended nor begun since it was read: then its times would be others.
        condition: equals("status", head.status),
      },
      work: {
        update: keys.executionWork(teamId, head.id),
        change: finish,
        condition:
          end.lease_token === undefined ? exists("due_at") : equals("lease_token", end.lease_token),
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
    },
    {
      ...(callback && callbackParts(teamId, callback, { ended, output: end.output })),
      ...report.parts,
      ...usageParts(teamId, head.id, [{ at: now, counts: used }]),
    },
  );
  if (!outcome.applied) return "refused";
  const fields = {
    team_id: teamId,
    execution_id: head.id,
    execution_status: ended.status,
    code: ended.error_code,
    executions_ended: 1,
  };
  log("info", "execution_ended", fields, measured);
  const { callback_delivery_id } = ended;
  const callbacks = callback_delivery_id ? [callback_delivery_id] : [];
  await wakeDeliveries(deps, teamId, [...callbacks, ...report.delivery_ids]);
  return ended;
}

export interface EndDeps {
  readonly table: Table;
  readonly queues: Queues;
  readonly clock: Clock;
}
