import type { StoredAgentLoop } from "../agent-loops/agent-loop.ts";
import { calledBy } from "../agent-loops/agent-loop-store.ts";
import type { ModelTool } from "../models/call-model.ts";
import { isoTime } from "../runtime/clock.ts";
import { eitherSignal } from "../runtime/either-signal.ts";
import type { Id } from "../runtime/ids.ts";
import { measuredOnce } from "../runtime/measured-once.ts";
import { toolCallMs } from "../tools/call-limits.ts";
import { type ToolBox, ToolServerError } from "../tools/tool-box.ts";
import { finishWork, waitUntil } from "../work/end-lease.ts";
import type { Lease } from "../work/lease.ts";
import type { Work } from "../work/work-on.ts";
import { cancel, loopDeleted } from "./cancel-execution.ts";
import { type End, endExecution } from "./end-execution.ts";
import { type ExecutionText, isFinal } from "./execution.ts";
import {
  type AdvanceDeps,
  end,
  type ExecutionRun,
  failure,
  nothing,
  retryOrFail,
  type StepOutcome,
  timeout,
} from "./execution-run.ts";
import { modelCallMs, takeModelStep } from "./model-step.ts";
import { type OpenedSettings, openSettings } from "./open-secrets.ts";
import { complete, takeToolStep } from "./tool-step.ts";
import { type NextAction, nextAction, transcriptBytes } from "./transcript.ts";

/** The executions worker's part: one stored step after another, until the end or a wait. */
export const advanceExecution = (deps: AdvanceDeps, deadline: number): Work<"execution"> => ({
  run: async (lease, signal, pace) => {
    const { team_id } = lease.ref;
    // As `ExecutionStore` puts it.
    const loopId = lease.item["agent_loop_id"] as Id<"loop">;
    const [loop, found] = await Promise.all([deps.loops.find(team_id, loopId), load(deps, lease)]);
    if (!found) return;
    // The job of the deletion ends what runs, and may not have come to this one.
    if (!loop) return void (await cancel(deps, team_id, found, loopDeleted));
    const go = () => goOn(deps, lease, { ...found, loop, deadline, pace }, signal);
    // Its time runs from when it is begun, not while it waits for its first place.
    const { started_at } = found.head;
    if (started_at !== null) {
      const endsAt = endOfTime(started_at, found.text);
      // It calls nobody any more, so it needs no place to end.
      if (endsAt <= deps.clock()) return endUnread(deps, lease, found, timeout(found));
      pace.tryAgainBy(endsAt);
    }
    pace.hold(promptBytes(found.text));
    await pace.watch(calledBy(team_id, loopId, loop, "slow_until"), go);
  },

  giveUp: async (lease) => {
    const found = await load(deps, lease);
    if (!found) return;
    const error = "The execution failed on our side again and again.";
    await endUnread(deps, lease, found, failure("internal_error", error));
  },
});

/** Ends an execution without reading its steps. */
async function endUnread(
  deps: AdvanceDeps,
  { ref: { team_id }, token }: Lease<"execution">,
  found: Pick<ExecutionRun, "head" | "text">,
  how: Omit<End, "usage" | "steps" | "lease_token">,
): Promise<void> {
  const used = await deps.executions.used(team_id, found.head.id);
  await endExecution(deps, team_id, found, { ...how, ...used, lease_token: token });
}

async function goOn(
  deps: AdvanceDeps,
  lease: Lease<"execution">,
  given: Pick<ExecutionRun, "head" | "text" | "deadline" | "pace"> & {
    readonly loop: StoredAgentLoop | undefined;
  },
  signal: AbortSignal,
): Promise<void> {
  const { head, text } = given;
  const startedAt = head.started_at ?? isoTime(deps.clock());
  const { team_id } = lease.ref;
  const isNew = head.started_at === null;
  if (isNew && !(await deps.executions.begin(team_id, head.id, startedAt))) return;
  const steps = isNew ? [] : await deps.executions.steps(team_id, head.id);
  const endsAt = endOfTime(startedAt, text);
  const ending = new AbortController();
  const cancelEnd = deps.timer(endsAt - deps.clock(), () => ending.abort());
  const either = eitherSignal(signal, ending.signal);
  const run = begin(deps, lease, {
    ...given,
    head: { ...head, status: "running", started_at: startedAt },
    steps,
    endsAt,
    signal: either.signal,
  });
  try {
    await advance(run);
  } catch (error) {
    if (error instanceof ToolServerError) {
      // What worked before may be starting again; what never did is told at once.
      const retryable = error.mayPass && run.steps.length > 0;
      await retryOrFail(run, "tool_server_unreachable", { retryable, message: error.message });
    } else if (ending.signal.aborted && !signal.aborted) await end(run, timeout(run));
    else throw error;
  } finally {
    cancelEnd();
    either.end();
    const box = run.openedBox();
    if (box) await (await box.catch(() => undefined))?.close();
  }
}

/** In unix milliseconds. */
const endOfTime = (startedAt: string, { settings }: Pick<ExecutionText, "settings">) =>
  Date.parse(startedAt) + settings.timeout_seconds * 1000;

/** Reads head and texts; work without an execution that can go on is finished. */
async function load(deps: AdvanceDeps, lease: Lease<"execution">) {
  const found = await deps.executions.find(lease.ref.team_id, lease.ref.execution_id);
  if (found && !isFinal(found.head.status)) return found;
  await finishWork(deps, lease);
  return undefined;
}

function begin(
  deps: AdvanceDeps,
  lease: Lease<"execution">,
  {
    loop,
    ...found
  }: Pick<ExecutionRun, "head" | "text" | "steps" | "endsAt" | "deadline" | "signal" | "pace"> & {
    readonly loop: StoredAgentLoop | undefined;
  },
): ExecutionRun & { readonly openedBox: () => Promise<ToolBox> | undefined } {
  const { team_id: teamId } = lease.ref;
  const { head, text, signal } = found;
  const loopId = head.agent_loop_id;
  let settings: Promise<OpenedSettings> | undefined;
  let box: Promise<ToolBox> | undefined;
  // A first claim counts for nothing that could be forgotten.
  let told = lease.item.claims === 1;
  const opened = () =>
    (settings ??= openSettings(deps.secrets, teamId, { loopId, settings: text.settings, loop }));
  return {
    deps,
    lease,
    teamId,
    ...found,
    settings: opened,
    toolBox: () => (box ??= opened().then(({ tools }) => deps.openTools(tools, signal))),
    openedBox: () => box,
    progress: async () => {
      if (told) return;
      told = true;
      await deps.executions.progress(lease);
    },
  };
}

async function advance(run: ExecutionRun): Promise<void> {
  const { deps, lease, steps, text, deadline, endsAt, pace } = run;
  let mayHaveEnded = false;
  for (;;) {
    run.signal.throwIfAborted();
    const now = deps.clock();
    if (now >= endsAt) return end(run, timeout(run));
    const action = nextAction(steps, text.settings);
    const needsMs = Math.min(longest(action), endsAt - now);
    if (now + needsMs > deadline) return waitUntil(deps, lease, now);
    if (needsMs > 0) {
      if (mayHaveEnded && !(await goesOn(run))) return;
      // Between two steps, where nothing is broken off that has begun.
      pace.hold(await heldBytes(run));
    }
    const outcome = await act(run, action);
    if (outcome === "stop") return;
    // Who ends it from outside takes the next place of its log: who could append knows that nobody had.
    mayHaveEnded = outcome !== "appended";
    if (outcome === "reload") {
      const before = steps.at(-1);
      const stored = await deps.executions.steps(run.teamId, run.head.id);
      steps.splice(0, steps.length, ...stored);
      // What refuses and yet is as it was would refuse again, at once and without end.
      const last = stored.at(-1);
      if (last?.number === before?.number && last?.status === before?.status) {
        throw new Error("The log refused a step and says the same as before.");
      }
    } else await run.progress();
  }
}

/** What it holds while it waits for a model or a tool. */
async function heldBytes({ text, steps, toolBox }: ExecutionRun): Promise<number> {
  const { tools } = await toolBox();
  return promptBytes(text) + transcriptBytes(steps) + toolBytes(tools);
}

const toolBytes = (tools: readonly ModelTool[]) =>
  tools.reduce((sum, tool) => sum + bytesOf(tool), 0);

/** Beside what a model is given stands what arguments are checked by. */
const bytesOf = measuredOnce(
  ({ name, description, input_schema }: ModelTool) =>
    2 * Buffer.byteLength(JSON.stringify([name, description, input_schema])),
);

const promptBytes = ({ system_prompt, user_message }: ExecutionText) =>
  Buffer.byteLength(system_prompt) + Buffer.byteLength(user_message);

const longest = ({ do: what }: NextAction) =>
  what === "call_model" ? modelCallMs : what === "call_tool" ? toolCallMs : 0;

/** Whether the execution was not ended meanwhile, by a cancellation. */
async function goesOn({ deps, teamId, head }: ExecutionRun): Promise<boolean> {
  const now = await deps.executions.head(teamId, head.id);
  return now !== undefined && !isFinal(now.status);
}

async function act(run: ExecutionRun, action: NextAction): Promise<StepOutcome> {
  switch (action.do) {
    case "call_model":
      return takeModelStep(run);
    case "call_tool":
      return takeToolStep(run, action.call);
    case "give_up_tool":
      return complete(run, action.step, {
        text: "The outcome of this call is unknown: its worker stopped while it ran. It may have had its effect or not.",
        is_error: true,
      });
    case "complete":
      await end(run, { ...nothing, ...action.result, status: "completed" });
      return "stop";
    case "fail":
      await end(run, failure(action.error_code, action.error));
      return "stop";
  }
}
