import { isoTime } from "../runtime/clock.ts";
import { equals } from "../table/condition.ts";
import type { TeamSecrets } from "../secrets/team-secrets.ts";
import type { Lease } from "../work/lease.ts";
import { finished } from "../work/work-item.ts";
import { putOff, type Work, type WorkDeps } from "../work/work-on.ts";
import type { AgentLoopStore } from "./agent-loop-store.ts";
import { type End, endExecution } from "./end-execution.ts";
import { type ExecutionText, isFinal, type StoredExecution } from "./execution.ts";
import type { ExecutionStore } from "./execution-store.ts";
import type { CallModel } from "./models/call-model.ts";
import { type OpenedSettings, openSettings } from "./open-secrets.ts";
import type { StoredModelStep, StoredStep, StoredToolStep, ToolCall } from "./step.ts";
import { type OpenTools, type Tool, type ToolBox, ToolServerError } from "./tools/tool-box.ts";
import { messagesOf, type NextAction, nextAction, usageOf } from "./transcript.ts";

/** What advancing needs. */
export interface AdvanceDeps extends WorkDeps {
  readonly executions: ExecutionStore;
  readonly loops: AgentLoopStore;
  readonly secrets: TeamSecrets;
  readonly callModel: CallModel;
  readonly openTools: OpenTools;
  /** In [0, 1). */
  readonly random: () => number;
}

const modelCallMs = 300_000;
/** Opening the servers, the call and closing them: each has its own limit of about 30 s. */
const toolCallMs = 67_000;
/** Kept back at the end of a function for writing down where it is. */
const marginMs = 5_000;
const mostRetries = 5;

/** One execution in the hands of one worker. */
interface Run {
  readonly deps: AdvanceDeps;
  readonly lease: Lease;
  readonly teamId: string;
  readonly head: StoredExecution;
  readonly text: ExecutionText;
  /** Unix milliseconds at which the execution's time is up. */
  readonly endsAt: number;
  /** Unix milliseconds at which the function's time is up. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  readonly steps: StoredStep[];
  /** Opened at first use, for as long as this worker has the execution. */
  readonly settings: () => Promise<OpenedSettings>;
  readonly toolBox: () => Promise<ToolBox>;
  /** Says once per lease that there was progress. */
  readonly progress: () => Promise<void>;
}

/** The executions worker's part: one stored step after another, until the end or a wait. */
export const advanceExecution = (deps: AdvanceDeps, deadline: number): Work => ({
  run: async (lease, signal) => {
    const found = await load(deps, lease);
    if (!found) return;
    const { head, text } = found;
    const startedAt = head.started_at ?? isoTime(deps.clock());
    const { team_id } = lease.ref;
    if (head.started_at === null && !(await deps.executions.begin(team_id, head.id, startedAt))) {
      return;
    }
    const endsAt = Date.parse(startedAt) + text.settings.timeout_seconds * 1000;
    const ending = new AbortController();
    const cancelEnd = deps.timer(endsAt - deps.clock(), () => ending.abort());
    const run = begin(
      deps,
      lease,
      { ...head, status: "running", started_at: startedAt },
      text,
      await deps.executions.steps(team_id, head.id),
      { endsAt, deadline, signal: AbortSignal.any([signal, ending.signal]) },
    );
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
      const box = run.openedBox();
      if (box) await (await box.catch(() => undefined))?.close();
    }
  },

  giveUp: async (lease) => {
    const found = await load(deps, lease);
    if (!found) return;
    const { head, text } = found;
    const steps = await deps.executions.steps(lease.ref.team_id, head.id);
    const error = "The execution failed on our side again and again.";
    await endExecution(
      deps,
      lease.ref.team_id,
      head,
      text,
      { ...failure("internal_error", error), usage: usageOf(steps) },
      lease.token,
    );
  },
});

/** Reads head and texts; work without an execution that can go on is finished. */
async function load(deps: AdvanceDeps, { ref, key, token }: Lease) {
  const id = ref.kind === "execution" ? ref.execution_id : "";
  const found = await deps.executions.find(ref.team_id, id);
  if (found && !isFinal(found.head.status)) return found;
  await deps.table.update(key, finished, equals("lease_token", token));
  return undefined;
}

function begin(
  deps: AdvanceDeps,
  lease: Lease,
  head: StoredExecution,
  text: ExecutionText,
  steps: StoredStep[],
  times: Pick<Run, "endsAt" | "deadline" | "signal">,
): Run & { readonly openedBox: () => Promise<ToolBox> | undefined } {
  const { team_id: teamId } = lease.ref;
  let settings: Promise<OpenedSettings> | undefined;
  let box: Promise<ToolBox> | undefined;
  let told = false;
  const open = async () => {
    const loop = await deps.loops.find(teamId, head.agent_loop_id);
    return openSettings(deps.secrets, teamId, head.agent_loop_id, text.settings, loop);
  };
  const opened = () => (settings ??= open());
  return {
    deps,
    lease,
    teamId,
    head,
    text,
    steps,
    ...times,
    settings: opened,
    toolBox: () => (box ??= opened().then(({ tools }) => deps.openTools(tools, times.signal))),
    openedBox: () => box,
    progress: async () => {
      if (told) return;
      told = true;
      await deps.executions.progress(lease);
    },
  };
}

async function advance(run: Run): Promise<void> {
  const { deps, lease, steps, text, deadline, endsAt } = run;
  for (let isFirst = true; ; isFirst = false) {
    run.signal.throwIfAborted();
    const now = deps.clock();
    if (now >= endsAt) return end(run, timeout(run));
    const action = nextAction(steps, text.settings);
    const needsMs = Math.min(longest(action), endsAt - now);
    if (now + needsMs + marginMs > deadline) return putOff(deps, lease, now);
    if (needsMs > 0 && !isFirst && !(await goesOn(run))) return;
    const outcome = await act(run, action);
    if (outcome === "stop") return;
    if (outcome === "reload") {
      const stored = await deps.executions.steps(run.teamId, run.head.id);
      steps.splice(0, steps.length, ...stored);
    } else await run.progress();
  }
}

const longest = ({ do: what }: NextAction) =>
  what === "call_model" ? modelCallMs : what === "call_tool" ? toolCallMs : 0;

/** Whether the execution was not ended meanwhile, by a cancellation. */
async function goesOn({ deps, teamId, head }: Run): Promise<boolean> {
  const now = await deps.executions.head(teamId, head.id);
  return now !== undefined && !isFinal(now.status);
}

type Outcome = "next" | "reload" | "stop";

async function act(run: Run, action: NextAction): Promise<Outcome> {
  switch (action.do) {
    case "call_model":
      return callModel(run);
    case "call_tool":
      return callTool(run, action.call);
    case "give_up_tool":
      return complete(run, action.step, {
        text: "The outcome of this call is unknown: its worker stopped while it ran. It may have had its effect or not.",
        is_error: true,
      });
    case "complete":
      await end(run, { ...nothing, status: "completed", output: action.output });
      return "stop";
    case "fail":
      await end(run, failure(action.error_code, action.error));
      return "stop";
  }
}

async function callModel(run: Run): Promise<Outcome> {
  const { deps, text, steps, endsAt, signal } = run;
  const [{ model }, { tools }] = await Promise.all([run.settings(), run.toolBox()]);
  const startedAt = deps.clock();
  const answer = await deps.callModel({
    model,
    system_prompt: text.system_prompt,
    messages: messagesOf(text, steps),
    tools: tools.map(({ name, description, input_schema }) => ({
      name,
      description,
      input_schema,
    })),
    timeout_ms: Math.min(modelCallMs, endsAt - startedAt),
    signal,
  });
  if (!answer.ok) return retryOrFail(run, "model_error", answer);
  const { ok: _, ...content } = answer;
  const step: StoredModelStep = {
    ...stepStart(run, startedAt),
    ...content,
    kind: "model",
    status: "finished",
    duration_ms: deps.clock() - startedAt,
    format: 1,
  };
  return append(run, step);
}

async function retryOrFail(
  run: Run,
  error_code: "model_error" | "tool_server_unreachable",
  {
    retryable,
    retry_after_ms = 0,
    message,
  }: { retryable: boolean; retry_after_ms?: number | undefined; message: string },
): Promise<Outcome> {
  const { deps, lease, endsAt, steps } = run;
  const forStep = nextNumber(steps);
  // What was counted for an earlier step says nothing about this one.
  const counted = lease.item["attempts_for_step"] === forStep ? lease.item["model_attempts"] : 0;
  const attempts = Number(counted) + 1;
  const now = deps.clock();
  const jitterMs = 1_000 + deps.random() * Math.min(59_000, 1_000 * 2 ** attempts);
  const at = now + Math.max(retry_after_ms, jitterMs);
  if (now >= endsAt) await end(run, timeout(run));
  else if (!retryable || attempts > mostRetries || at >= endsAt) {
    await end(run, failure(error_code, message));
  } else {
    await putOff(deps, lease, at, { model_attempts: attempts, attempts_for_step: forStep });
  }
  return "stop";
}

const nextNumber = (steps: readonly StoredStep[]) => (steps.at(-1)?.number ?? 0) + 1;

const stepStart = ({ steps, lease }: Run, startedAt: number) => ({
  number: nextNumber(steps),
  started_at: isoTime(startedAt),
  writer: lease.token,
});

async function append(run: Run, step: StoredStep): Promise<Outcome> {
  const { deps, teamId, head, steps } = run;
  if ((await deps.executions.append(teamId, head.id, step)) === "taken") return "reload";
  steps.push(step);
  return "next";
}

async function callTool(run: Run, call: ToolCall): Promise<Outcome> {
  const { deps, signal } = run;
  const box = await run.toolBox();
  const tool = box.tools.find(({ name }) => name === call.name);
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
    duration_ms: null,
    result: null,
    is_error: null,
  };
  const problem = problemOf(tool, call);
  if (problem !== undefined || !tool) {
    const text = problem ?? "There is no such tool.";
    return append(run, finish(started, { text, is_error: true }, 0));
  }
  if (!tool.mayHaveEffects(call.arguments)) {
    const result = await box.call(tool, call.arguments, signal);
    return append(run, finish(started, result, deps.clock() - startedAt));
  }
  // Only who has appended `started` may call: found so after a crash, the call is never repeated.
  const outcome = await append(run, started);
  if (outcome !== "next") return outcome;
  const result = await box.call(tool, call.arguments, signal);
  return complete(run, started, result);
}

function problemOf(tool: Tool | undefined, call: ToolCall): string | undefined {
  if (!tool) return `There is no tool ${call.name}.`;
  return call.problem ?? tool.problemOf(call.arguments);
}

interface Result {
  readonly text: string;
  readonly is_error: boolean;
}

const finish = (step: StoredToolStep, { text, is_error }: Result, ms: number): StoredToolStep => ({
  ...step,
  status: "finished",
  result: text,
  is_error,
  duration_ms: ms,
});

/** Completes a step that was started, by this worker or by one that is gone. */
async function complete(run: Run, step: StoredToolStep, result: Result): Promise<Outcome> {
  const { deps, teamId, head, steps, lease } = run;
  const ms = Math.max(0, deps.clock() - Date.parse(step.started_at));
  const completed = { ...finish(step, result, ms), writer: lease.token };
  if ((await deps.executions.complete(teamId, head.id, completed)) === "taken") return "reload";
  steps.splice(-1, 1, completed);
  return "next";
}

const nothing = { output: null, error: null, error_code: null } as const;

const failure = (error_code: End["error_code"], error: string) =>
  ({ ...nothing, status: "failed", error, error_code }) as const;

const timeout = ({ text }: Run) =>
  ({
    ...nothing,
    status: "timeout",
    error: `The execution did not end within ${text.settings.timeout_seconds} seconds.`,
    error_code: "timeout",
  }) as const;

async function end(run: Run, how: Omit<End, "usage">): Promise<void> {
  const { deps, teamId, head, text, steps, lease } = run;
  const end = { ...how, usage: usageOf(steps) };
  await endExecution(deps, teamId, head, text, end, lease.token);
}
