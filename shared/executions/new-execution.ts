import type { StoredAgentLoop } from "../agent-loops/agent-loop.ts";
import { renderPrompts } from "../agent-loops/render-prompt.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import type { Mint } from "../runtime/mint.ts";
import type { ExecutionText, StoredExecution, Trigger } from "./execution.ts";

/** What a run is given. */
export interface RunInput {
  readonly user_message?: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A queued execution of a loop, its prompts rendered and the loop's settings kept. Throws a 422 for missing variables. */
export function newExecution(
  loop: StoredAgentLoop,
  { id, trigger }: { readonly id: Id<"exec">; readonly trigger: Trigger },
  { user_message, variables, metadata }: RunInput,
  mint: Mint,
): NewExecution {
  const at = isoTime(mint.now);
  const prompts = renderPrompts(
    { system_prompt: loop.system_prompt, user_message: user_message ?? loop.user_message },
    variables,
  );
  const { model, tools, callback, max_iterations, timeout_seconds, token_budget } = loop;
  return {
    execution: {
      id,
      agent_loop_id: loop.id,
      agent_loop_name: loop.name,
      status: "queued",
      trigger,
      model: model.name,
      started_at: null,
      completed_at: null,
      iterations: 0,
      tool_calls: 0,
      input_tokens: 0,
      output_tokens: 0,
      error: null,
      error_code: null,
      callback_delivery_id: null,
      created_at: at,
      updated_at: at,
    },
    text: {
      ...prompts,
      metadata,
      settings: { model, tools, callback, max_iterations, timeout_seconds, token_budget },
      output: null,
    },
  };
}

/** An execution before it has its number, and its texts. */
export interface NewExecution {
  readonly execution: Omit<StoredExecution, "number">;
  readonly text: ExecutionText;
}
