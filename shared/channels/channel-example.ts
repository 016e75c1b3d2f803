import type { Channel, ChannelInFull } from "./channel.ts";

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
  last_inbound_at: null,
  last_outbound_at: null,
} satisfies Channel;

/** A channel on its own for the reference. */
export const channelInFullExample = {
  ...channelExample,
  setup: null,
  health: null,
} satisfies ChannelInFull;

/** A channel of a platform for the reference. */
export const telegramChannelExample = {
  ...channelInFullExample,
  type: "telegram",
  name: "Our bot",
  webhook_url: "https://api.example.com/v1/hooks/telegram/ch_01jd7zq3c8e9v5r2k4m6n8p0ab",
  setup: { steps: [], replaced_url: null },
  health: { checked_at: "2026-01-02T03:04:05.000Z", ok: true, problems: [] },
} satisfies ChannelInFull;
