import type { ApiKey } from "./api-key.ts";

/** An API key for the reference. */
export const apiKeyExample = {
  id: "key_01jd7zq3c8e9v5r2k4m6n8p0ab",
  name: "Deployment",
  scopes: ["admin"],
  prefix: "sk_live_2kPx",
  last_four: "3mQ9",
  expires_at: null,
  last_used_at: "2026-01-02T03:05:00.000Z",
  created_at: "2026-01-02T03:04:05.000Z",
  updated_at: "2026-01-02T03:04:05.000Z",
} satisfies ApiKey;

/** A new API key with its value, for the reference. */
export const apiKeyWithValueExample = {
  ...apiKeyExample,
  last_used_at: null,
  key: "sk_live_2kPxV7dN0aQwT5hJ8sLcY1mZ4bRfG6uE0e3mQ9",
};
