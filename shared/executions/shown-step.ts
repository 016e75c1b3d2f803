import { exactArguments } from "../models/call-model.ts";
import { reasoningOf } from "../models/reasoning.ts";
import { derivedId } from "../runtime/derived-id.ts";
import { firstBytes } from "../runtime/first-bytes.ts";
import type { Id } from "../runtime/ids.ts";
import type { Step, StoredStep } from "./step.ts";

/** Bytes, so that a page of 100 fits what a function can answer. */
const longest = 32 * 1024;

/** What the API shows of a step; a long result is cut, and long reasoning. */
export function shownStep(executionId: Id<"exec">, step: StoredStep): Step {
  const common = {
    id: derivedId("step", Date.parse(step.started_at), executionId, String(step.number)),
    execution_id: executionId,
    number: step.number,
    status: step.status,
    started_at: step.started_at,
    duration_ms: step.duration_ms,
  };
  if (step.kind === "model") {
    return {
      ...common,
      kind: "model",
      text: step.text,
      reasoning: firstBytes(reasoningOf(step.messages), longest) || null,
      finish_reason: step.finish_reason ?? "other",
      tool_calls: step.tool_calls.map((call) => ({
        id: call.id,
        name: call.name,
        arguments: exactArguments(call),
      })),
      input_tokens: step.input_tokens,
      output_tokens: step.output_tokens,
    };
  }
  const { result } = step;
  return {
    ...common,
    kind: "tool",
    server: step.server,
    tool: step.tool,
    arguments: exactArguments(step),
    result: result && firstBytes(result, longest),
    is_error: step.is_error,
  };
}
