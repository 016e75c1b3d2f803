import { fitsRow } from "./execution-items.ts";
import {
  append,
  type ExecutionRun,
  retryOrFail,
  type StepOutcome,
  stepStart,
} from "./execution-run.ts";
import type { StoredModelStep } from "./step.ts";
import { messagesOf } from "./transcript.ts";

/** The longest that a model is waited for, in milliseconds. */
export const modelCallMs = 300_000;

const tooLong = {
  retryable: false,
  message:
    "The model's answer with its reasoning is longer than can be kept, about 390 KB when it is compressed.",
};

/** Asks the model what comes next and stores its answer as a step. */
export async function takeModelStep(run: ExecutionRun): Promise<StepOutcome> {
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
  if (!answer.ok) {
    return retryOrFail(
      run,
      answer.code === "response_too_large" ? answer.code : "model_error",
      answer,
    );
  }
  // Which model it was, and what an exchange says besides, is kept nowhere.
  const { ok: _, status: __, answered_by: ___, cached_tokens, ...content } = answer;
  const step: StoredModelStep = {
    ...stepStart(run, startedAt),
    ...content,
    ...(cached_tokens > 0 && { cached_tokens }),
    kind: "model",
    status: "finished",
    duration_ms: deps.clock() - startedAt,
    format: 1,
  };
  if (!fitsRow(step)) return retryOrFail(run, "response_too_large", tooLong);
  return append(run, step);
}
