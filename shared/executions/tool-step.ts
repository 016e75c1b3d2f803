import { exactArguments, type ToolCall } from "../models/call-model.ts";
import type { ToolResult } from "../tools/tool-box.ts";
import { append, type ExecutionRun, type StepOutcome, stepStart } from "./execution-run.ts";
import type { StoredToolStep } from "./step.ts";
import { usageOf } from "./transcript.ts";

/** Calls a tool and stores what it returned; one that may have effects is first stored as started. */
export async function takeToolStep(run: ExecutionRun, call: ToolCall): Promise<StepOutcome> {
  const { deps, signal, pace } = run;
  const box = await run.toolBox();
  const found = await box.find(call.name, signal);
  const tool = "problem" in found ? undefined : found;
  const startedAt = deps.clock();
  const started: StoredToolStep = {
    ...stepStart(run, startedAt),
    kind: "tool",
    status: "started",
    call_id: call.id,
    name: call.name,
    server: tool?.server ?? "",
    tool: tool?.tool ?? call.name,
    arguments: call.arguments,
    ...(call.arguments_json !== undefined && { arguments_json: call.arguments_json }),
    duration_ms: null,
    result: null,
    is_error: null,
  };
  const refuse = (text: string) => append(run, finish(started, { text, is_error: true }, 0));
  if ("problem" in found) return refuse(found.problem);
  const problem = call.problem ?? found.problemOf(call.arguments);
  if (problem !== undefined) return refuse(problem);
  if (!found.mayHaveEffects(call.arguments)) {
    const result = await box.call(found, exactArguments(call), signal);
    return append(run, finish(started, result, deps.clock() - startedAt));
  }
  return pace.whole(async () => {
    signal.throwIfAborted();
    // Only who has appended `started` may call: found so after a crash, the call is never repeated.
    const outcome = await append(run, started);
    if (outcome !== "appended") return outcome;
    const result = signal.aborted ? notCalled : await box.call(found, exactArguments(call), signal);
    return complete(run, started, result);
  });
}

/** The worker was stopped, or the execution's time was up, just when the call was to be made. */
const notCalled: ToolResult = {
  text: "The tool was not called: its worker was stopped just before. It can be called again.",
  is_error: true,
};

const finish = (
  step: StoredToolStep,
  { text, is_error }: ToolResult,
  ms: number,
): StoredToolStep => ({
  ...step,
  status: "finished",
  result: text,
  is_error,
  duration_ms: ms,
});

/** Completes a step that was started, by this worker or by one that is gone. */
export async function complete(
  run: ExecutionRun,
  step: StoredToolStep,
  result: ToolResult,
): Promise<StepOutcome> {
  const { deps, teamId, head, steps, lease } = run;
  const ms = Math.max(0, deps.clock() - Date.parse(step.started_at));
  const completed = { ...finish(step, result, ms), writer: lease.token, used: usageOf(steps) };
  if ((await deps.executions.complete(teamId, head.id, completed)) === "taken") return "reload";
  steps.splice(-1, 1, completed);
  return "completed";
}
