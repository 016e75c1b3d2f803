import type * as v from "valibot";
import type { Integration, IntegrationInput } from "./integration.ts";
import type { IntegrationType } from "./integration-types.ts";

/** An integration for the reference. */
export const integrationExample = {
  id: "int_01jd7zq3c8e9v5r2k4m6n8p0ab",
  bot_id: "bot_01jd7zq3c8e9v5r2k4m6n8p0ab",
  name: "Our backend",
  type: "webhook",
  url: "https://backend.example.com/chat",
  model: null,
  headers: { Authorization: "••••3kf9" },
  settings: {},
  timeout_seconds: 30,
  weight: 1,
  fallback: false,
  status: "active",
  health: { state: "ok", since: null, failures: 0 },
  last_error: null,
  created_at: "2026-01-02T03:04:05.000Z",
  updated_at: "2026-01-02T03:04:05.000Z",
} satisfies Integration;

/** An integration with its secret for the reference. */
export const integrationWithSecretExample = {
  ...integrationExample,
  signing_secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
};

/** What makes an integration of each type, for the reference. */
export const integrationBodies = {
  webhook: {
    name: "Our backend",
    url: "https://backend.example.com/chat",
    headers: { Authorization: "Bearer 8f14e45fceea3kf9" },
  },
  openai: {
    name: "A model of our own",
    type: "openai",
    url: "https://models.example.com/v1",
    model: "qwen3",
    headers: { Authorization: "Bearer 8f14e45fceea3kf9" },
    settings: { temperature: 0.3, max_output_tokens: 1_000 },
  },
  anthropic: {
    name: "Claude",
    type: "anthropic",
    model: "claude-sonnet-4-5",
    headers: { "x-api-key": "sk-ant-8f14e45fceea3kf9" },
    timeout_seconds: 60,
  },
  bedrock: { name: "Nova", type: "bedrock", model: "amazon.nova-lite-v1:0", fallback: true },
  echo: { name: "Echo", type: "echo" },
} satisfies Record<IntegrationType, v.InferInput<typeof IntegrationInput>>;
