import type { AgentLoop } from "./agent-loop.ts";
import type { Execution } from "../executions/execution.ts";
import type { Step } from "../executions/step.ts";

/** An agent loop for the reference. */
export const agentLoopExample = {
  id: "loop_01jd7zq3c8e9v5r2k4m6n8p0ab",
  name: "Daily Sales Report",
  description: null,
  status: "active",
  system_prompt: "You write short reports for the sales team.",
  user_message: "Report yesterday's sales.",
  model: {
    provider: "openai",
    name: "gpt-5-mini",
    base_url: null,
    api_key: "••••3kf9",
    headers: {},
    temperature: null,
    max_output_tokens: null,
  },
  tools: [
    {
      type: "mcp",
      name: "crm",
      url: "https://crm.example.com/mcp",
      headers: { Authorization: "••••a81c" },
      allowed_tools: ["find-orders"],
    },
    { type: "time" },
  ],
  callback: { url: "https://example.com/hooks/reports", headers: {} },
  max_iterations: 10,
  timeout_seconds: 900,
  token_budget: null,
  schedule: { cron: "0 9 * * 1-5", timezone: "Europe/Berlin", overlap: "skip" },
  next_run_at: "2026-01-05T08:00:00.000Z",
  last_execution_at: null,
  created_at: "2026-01-02T03:04:05.000Z",
  updated_at: "2026-01-02T03:04:05.000Z",
} satisfies AgentLoop;

/** The same with its secret. */
export const agentLoopWithSecretExample = {
  ...agentLoopExample,
  signing_secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
};

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
