import type { Webhook } from "./webhook.ts";

/** A webhook endpoint for the reference. */
export const webhookExample = {
  id: "wh_01jd7zq3c8e9v5r2k4m6n8p0ab",
  url: "https://example.com/hooks/chatbot",
  events: ["message.received", "agent_loop.completed"],
  description: "Our CRM",
  status: "active",
  disabled_reason: null,
  created_at: "2026-01-02T03:04:05.000Z",
  updated_at: "2026-01-02T03:04:05.000Z",
} satisfies Webhook;

/** A webhook endpoint with its secret for the reference. */
export const webhookWithSecretExample = {
  ...webhookExample,
  secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
};
