import type { AgentLoopStore } from "../agent-loops/agent-loop-store.ts";
import type { CallModel } from "../models/call-model.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Random } from "../runtime/random.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import type { OpenTools, ToolBox } from "../tools/tool-box.ts";
import type { StoredWebhook } from "../webhooks/webhook.ts";
import { readWanting } from "../webhooks/webhook-store.ts";
import { waitUntil } from "../work/end-lease.ts";
import type { Lease } from "../work/lease.ts";
import type { Pace } from "../work/pace.ts";
import type { WorkDeps } from "../work/work-on.ts";
import { type End, endEvent, endExecution } from "./end-execution.ts";
import type { ExecutionText, StoredExecution } from "./execution.ts";
import { storedError } from "./execution-items.ts";
import type { ExecutionStore } from "./execution-store.ts";
import type { OpenedSettings } from "./open-secrets.ts";
import type { StoredStep } from "./step.ts";
import { isLast, usageOf } from "./transcript.ts";
import { retryOf, type StoredRetry } from "./waiting.ts";

/** One execution in the hands of one worker. */
export interface ExecutionRun {
  readonly deps: AdvanceDeps;
  readonly lease: Lease<"execution">;
  readonly teamId: Id<"team">;
  readonly head: StoredExecution;
  readonly text: ExecutionText;
  /** Unix milliseconds at which the execution's time is up. */
  readonly endsAt: number;
  /** Unix milliseconds by which a step must be over; what the function has left after that is for writing. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  readonly pace: Pace;
  readonly steps: StoredStep[];
  /** Who is told of its end, read beside the last step. */
  webhooks?: Promise<readonly StoredWebhook[]> | undefined;
  /** Opened at first use, for as long as this worker has the execution. */
  readonly settings: () => Promise<OpenedSettings>;
  readonly toolBox: () => Promise<ToolBox>;
  /** Says once per lease that there was progress. */
  readonly progress: () => Promise<void>;
}

/** What came of an action: a step, the end of one, a log that says something else, or nothing more of this worker. */
export type StepOutcome = "appended" | "completed" | "reload" | "stop";

const nextNumber = (steps: readonly StoredStep[]) => (steps.at(-1)?.number ?? 0) + 1;

/** What every step begins with. */
export const stepStart = ({ steps, lease }: ExecutionRun, startedAt: number) => ({
  number: nextNumber(steps),
  started_at: isoTime(startedAt),
  writer: lease.token,
});

export interface AdvanceDeps extends WorkDeps {
  readonly executions: ExecutionStore;
  readonly loops: AgentLoopStore;
  readonly secrets: TeamSecrets;
  readonly callModel: CallModel;
  readonly openTools: OpenTools;
  readonly random: Random;
}

/** Appends a step; another worker may have been faster, or the execution have ended. */
export async function append(run: ExecutionRun, given: StoredStep): Promise<StepOutcome> {
  const { deps, teamId, head, steps } = run;
  const step = { ...given, used: usageOf([...steps, given]) };
  const webhooks = isLast(step) ? readWanting(deps.table, teamId, endEvent) : undefined;
  // Awaited by the end; a failure must not count as unhandled meanwhile.
  webhooks?.catch(() => {});
  const outcome = await deps.executions.append(teamId, head.id, step);
  if (outcome === "ended") return "stop";
  if (outcome === "taken") return "reload";
  steps.push(step);
  run.webhooks = webhooks;
  return outcome;
}

const mostRetries = 5;

/** Has the execution wait after a failure that may pass, up to five times a step; otherwise ends it with its words. */
export async function retryOrFail(
  run: ExecutionRun,
  error_code: "model_error" | "response_too_large" | "tool_server_unreachable",
  {
    retryable,
    retry_after_ms = 0,
    message,
  }: { retryable: boolean; retry_after_ms?: number | undefined; message: string },
): Promise<StepOutcome> {
  const { deps, lease, endsAt, steps } = run;
  const forStep = nextNumber(steps);
  const before = retryOf(lease.item);
  // What was counted for an earlier step says nothing about this one.
  const attempt = (before?.step === forStep ? before.attempt : 0) + 1;
  const now = deps.clock();
  const jitterMs = 1_000 + deps.random() * Math.min(59_000, 1_000 * 2 ** attempt);
  const at = now + Math.round(Math.max(retry_after_ms, jitterMs));
  if (now >= endsAt) await end(run, timeout(run));
  else if (!retryable || attempt > mostRetries || at >= endsAt) {
    await end(run, failure(error_code, message));
  } else {
    const retry: StoredRetry = {
      step: forStep,
      attempt,
      reason: error_code === "tool_server_unreachable" ? "tool_server" : "model_retry",
      until: at,
      last_error: storedError(message),
    };
    await waitUntil(deps, lease, at, { retry });
  }
  return "stop";
}

/** An end that has neither output nor error. */
export const nothing = { output: null, error: null, error_code: null } as const;

/** How an execution fails. */
export const failure = (error_code: End["error_code"], error: string) =>
  ({ ...nothing, status: "failed", error, error_code }) as const;

/** How an execution ends whose time is up. */
export const timeout = ({ text }: Pick<ExecutionRun, "text">) =>
  ({
    ...nothing,
    status: "timeout",
    error: `The execution did not end within ${text.settings.timeout_seconds} seconds.`,
    error_code: "timeout",
  }) as const;

/** Ends the execution with the figures of its steps. */
export async function end(
  run: ExecutionRun,
  how: Omit<End, "usage" | "steps" | "lease_token">,
): Promise<void> {
  const { deps, teamId, steps, lease } = run;
  const figures = { usage: usageOf(steps), steps: steps.length };
  await endExecution(deps, teamId, run, { ...how, ...figures, lease_token: lease.token });
}
