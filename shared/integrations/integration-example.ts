import type { Integration } from "./integration.ts";

/** An integration for the reference. */
export const integrationExample = {
  id: "int_01jd7zq3c8e9v5r2k4m6n8p0ab",
  bot_id: "bot_01jd7zq3c8e9v5r2k4m6n8p0ab",
  name: "Our backend",
  type: "webhook",
  url: "https://backend.example.com/chat",
  headers: { Authorization: "••••3kf9" },
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
