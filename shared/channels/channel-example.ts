import type { Channel } from "./channel.ts";

/** A channel for the reference. */
export const channelExample = {
  id: "ch_01jd7zq3c8e9v5r2k4m6n8p0ab",
  bot_id: "bot_01jd7zq3c8e9v5r2k4m6n8p0ab",
  type: "web",
  name: "Website",
  status: "connected",
  status_reason: null,
  enabled: true,
  webhook_url: null,
  created_at: "2026-01-02T03:04:05.000Z",
  updated_at: "2026-01-02T03:04:05.000Z",
} satisfies Channel;
