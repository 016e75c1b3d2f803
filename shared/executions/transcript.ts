import type { ToolCall } from "../models/call-model.ts";
import { toolResultMessage, userMessage, withArguments } from "../models/messages.ts";
import { measuredOnce } from "../runtime/measured-once.ts";
import type { End } from "./end-execution.ts";
import type { ExecutionSettings, ExecutionText, Usage } from "./execution.ts";
import type { StoredModelStep, StoredStep, StoredToolStep } from "./step.ts";

/** What an execution does next, as its log says. */
export type NextAction =
  | { readonly do: "call_model" }
  | { readonly do: "call_tool"; readonly call: ToolCall }
  /** Found started and not finished: whether it had its effect is not known. */
  | { readonly do: "give_up_tool"; readonly step: StoredToolStep }
  | { readonly do: "complete"; readonly result: Pick<End, "output" | "truncated"> }
  | {
      readonly do: "fail";
      readonly error_code:
        "max_iterations_exceeded" | "token_budget_exceeded" | "transcript_too_large";
      readonly error: string;
    };

/** What the steps have used. */
export function usageOf(steps: readonly StoredStep[]): Usage {
  const models = steps.filter((step) => step.kind === "model");
  const sum = (name: "input_tokens" | "output_tokens" | "cached_tokens") =>
    models.reduce((all, step) => all + (step[name] ?? 0), 0);
  const cached_tokens = sum("cached_tokens");
  return {
    iterations: models.length,
    tool_calls: steps.length - models.length,
    input_tokens: sum("input_tokens"),
    output_tokens: sum("output_tokens"),
    ...(cached_tokens > 0 && { cached_tokens }),
  };
}

const lastModelStep = (steps: readonly StoredStep[]) =>
  steps.findLast((step): step is StoredModelStep => step.kind === "model");

/** Whether a step is an answer that nothing follows. */
export const isLast = (step: StoredStep): boolean =>
  step.kind === "model" && step.tool_calls.length === 0;

/** Reads from the log alone what comes next; the same log always says the same. */
export function nextAction(
  steps: readonly StoredStep[],
  { max_iterations, token_budget }: Pick<ExecutionSettings, "max_iterations" | "token_budget">,
): NextAction {
  const last = steps.at(-1);
  if (last?.kind === "tool" && last.status === "started") return { do: "give_up_tool", step: last };
  const answer = lastModelStep(steps);
  if (answer && isLast(answer)) {
    const isCut = answer.finish_reason === "length";
    return { do: "complete", result: { output: answer.text, ...(isCut && { truncated: true }) } };
  }
  if (transcriptBytes(steps) > mostBytes) {
    return {
      do: "fail",
      error_code: "transcript_too_large",
      error:
        "What the model is given, its own answers and the results of tools, has come to more than 4 MiB.",
    };
  }
  const usage = usageOf(steps);
  const tokens = usage.input_tokens + usage.output_tokens;
  if (token_budget !== null && tokens >= token_budget) {
    return {
      do: "fail",
      error_code: "token_budget_exceeded",
      error: `The execution has used ${tokens} tokens of its budget of ${token_budget}.`,
    };
  }
  // Calls of one answer are numbered in call order; those after the answer are done.
  const done = answer ? steps.length - answer.number : 0;
  const call = answer?.tool_calls[done];
  if (call) return { do: "call_tool", call };
  if (usage.iterations >= max_iterations) {
    return {
      do: "fail",
      error_code: "max_iterations_exceeded",
      error: `The model did not come to an end within ${max_iterations} iterations.`,
    };
  }
  return { do: "call_model" };
}

/** The most bytes, as JSON, that steps add to the messages that a model is given. */
const mostBytes = 4 * 1_048_576;

/** How many bytes, as JSON, steps add to the messages that a model is given. */
export const transcriptBytes = (steps: readonly StoredStep[]): number =>
  steps.reduce((sum, step) => sum + bytesOf(step), 0);

/** A long execution asks again before each of its steps. Who only counts what was used does without. */
const bytesOf = /* @__PURE__ */ measuredOnce((step: StoredStep) =>
  Buffer.byteLength(JSON.stringify(messagesOfStep(step))),
);

/** The messages that a model is given: the task, then its own answers and what the tools returned. */
export const messagesOf = (
  { user_message }: Pick<ExecutionText, "user_message">,
  steps: readonly StoredStep[],
): unknown[] => [userMessage(user_message), ...steps.flatMap(messagesOfStep)];

const messagesOfStep = (step: StoredStep): readonly unknown[] =>
  step.kind === "model"
    ? withArguments(step.messages, step.tool_calls)
    : [toolResultMessage(step.call_id, step.name, step.result ?? "", step.is_error === true)];
