import { agentLoopExample } from "../agent-loops/agent-loop-example.ts";
import type { Execution } from "./execution.ts";
import type { Step } from "./step.ts";

/** An execution for the reference. */
export const executionExample = {
  id: "exec_01jd7zq3c8e9v5r2k4m6n8p0ab",
  agent_loop_id: agentLoopExample.id,
  agent_loop_name: agentLoopExample.name,
  status: "completed",
  trigger: "api",
  user_message: "Report yesterday's sales.",
  result: { output: "Sales rose by 4 %.", iterations_used: 2, tool_calls: 1 },
  metadata: {
    started_at: "2026-01-02T03:04:05.020Z",
    completed_at: "2026-01-02T03:04:11.000Z",
    duration_seconds: 6,
    model: "gpt-5-mini",
    tokens_used: 1250,
    input_tokens: 1100,
    output_tokens: 150,
  },
  error: null,
  error_code: null,
  callback_delivery_id: "dlv_01jd7zq3c8e9v5r2k4m6n8p0ab",
  waiting: null,
  created_at: "2026-01-02T03:04:05.000Z",
  updated_at: "2026-01-02T03:04:11.000Z",
} satisfies Execution;

/** An execution that waits for its worker, for the reference. */
export const queuedExecutionExample = {
  ...executionExample,
  status: "queued",
  result: null,
  metadata: {
    ...executionExample.metadata,
    started_at: null,
    completed_at: null,
    duration_seconds: null,
    tokens_used: 0,
    input_tokens: 0,
    output_tokens: 0,
  },
  callback_delivery_id: null,
  updated_at: executionExample.created_at,
} satisfies Execution;

/** A step for the reference. */
export const stepExample = {
  id: "step_01jd7zq3c8e9v5r2k4m6n8p0ab",
  execution_id: executionExample.id,
  number: 2,
  status: "finished",
  started_at: "2026-01-02T03:04:07.000Z",
  duration_ms: 41,
  kind: "tool",
  server: "crm",
  tool: "find-orders",
  arguments: { day: "2026-01-01" },
  result: "17 orders",
  is_error: false,
} satisfies Step;
