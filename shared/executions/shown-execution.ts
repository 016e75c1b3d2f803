import { firstBytes } from "../runtime/first-bytes.ts";
import type { CallbackPayload } from "./callback-payload.ts";
import {
  type EndedExecution,
  type Execution,
  type ExecutionText,
  type ExecutionWait,
  isFinal,
  type StoredExecution,
} from "./execution.ts";

/** Never below 0, though the clock of who ended it may be behind that of who began it. */
const durationOf = ({ started_at, completed_at }: StoredExecution) =>
  started_at && completed_at
    ? Math.max(0, Math.round((Date.parse(completed_at) - Date.parse(started_at)) / 1000))
    : null;

const figuresOf = (head: StoredExecution) => ({
  started_at: head.started_at,
  completed_at: head.completed_at,
  duration_seconds: durationOf(head),
  model: head.model,
  tokens_used: head.input_tokens + head.output_tokens,
  input_tokens: head.input_tokens,
  output_tokens: head.output_tokens,
});

const resultOf = (head: StoredExecution, output: string | null) =>
  isFinal(head.status)
    ? {
        output,
        iterations_used: head.iterations,
        tool_calls: head.tool_calls,
        ...(head.truncated && { truncated: head.truncated }),
      }
    : null;

/** What the API shows of an execution and of its wait; in lists long texts are cut at so many bytes. */
export function shownExecution(
  head: StoredExecution,
  text: ExecutionText,
  waiting: ExecutionWait | null = null,
  longestText = Infinity,
): Execution {
  const cut = (long: string) => {
    const start = firstBytes(long, longestText);
    return start === long ? long : `${start}…`;
  };
  return {
    id: head.id,
    agent_loop_id: head.agent_loop_id,
    agent_loop_name: head.agent_loop_name,
    status: head.status,
    trigger: head.trigger,
    user_message: cut(text.user_message),
    result: resultOf(head, text.output === null ? null : cut(text.output)),
    metadata: {
      ...text.metadata,
      ...figuresOf(head),
    },
    error: head.error,
    error_code: head.error_code,
    callback_delivery_id: head.callback_delivery_id,
    waiting,
    created_at: head.created_at,
    updated_at: head.updated_at,
  };
}

/** What a callback's receiver gets. */
export const callbackPayload = (head: EndedExecution, output: string | null): CallbackPayload => ({
  agent_loop_id: head.agent_loop_id,
  agent_loop_name: head.agent_loop_name,
  execution_id: head.id,
  status: head.status,
  result: resultOf(head, output),
  metadata: figuresOf(head),
  error: head.error,
});
