import type { ExecutionSettings, ExecutionText, Usage } from "./execution.ts";
import { toolResultMessage, userMessage } from "../models/messages.ts";
import type { ToolCall } from "../models/call-model.ts";
import type { StoredModelStep, StoredStep, StoredToolStep } from "./step.ts";

/** What an execution does next, as its log says. */
export type NextAction =
  | { readonly do: "call_model" }
  | { readonly do: "call_tool"; readonly call: ToolCall }
  /** Found started and not finished: whether it had its effect is not known. */
  | { readonly do: "give_up_tool"; readonly step: StoredToolStep }
  | { readonly do: "complete"; readonly output: string }
  | {
      readonly do: "fail";
      readonly error_code: "max_iterations_exceeded" | "token_budget_exceeded";
      readonly error: string;
    };

/** What the steps have used. */
export function usageOf(steps: readonly StoredStep[]): Usage {
  const models = steps.filter((step) => step.kind === "model");
  return {
    iterations: models.length,
    tool_calls: steps.length - models.length,
    input_tokens: models.reduce((sum, step) => sum + step.input_tokens, 0),
    output_tokens: models.reduce((sum, step) => sum + step.output_tokens, 0),
  };
}

const lastModelStep = (steps: readonly StoredStep[]) =>
  steps.findLast((step): step is StoredModelStep => step.kind === "model");

/** Reads from the log alone what comes next; the same log always says the same. */
export function nextAction(
  steps: readonly StoredStep[],
  { max_iterations, token_budget }: Pick<ExecutionSettings, "max_iterations" | "token_budget">,
): NextAction {
  const last = steps.at(-1);
  if (last?.kind === "tool" && last.status === "started") return { do: "give_up_tool", step: last };
  const answer = lastModelStep(steps);
  if (answer && answer.tool_calls.length === 0) return { do: "complete", output: answer.text };
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

/** The messages that a model is given: the task, then its own answers and what the tools returned. */
export const messagesOf = (
  { user_message }: Pick<ExecutionText, "user_message">,
  steps: readonly StoredStep[],
): unknown[] => [
  userMessage(user_message),
  ...steps.flatMap((step) =>
    step.kind === "model"
      ? step.messages
      : [toolResultMessage(step.call_id, step.name, step.result ?? "", step.is_error === true)],
  ),
];
