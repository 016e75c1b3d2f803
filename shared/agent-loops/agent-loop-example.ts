import type { AgentLoop } from "./agent-loop.ts";

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
  schedule: { kind: "cron", cron: "0 9 * * 1-5", timezone: "Europe/Berlin", overlap: "skip" },
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
