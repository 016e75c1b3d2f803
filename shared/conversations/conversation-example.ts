import type { Conversation } from "./conversation.ts";

/** A conversation for the reference. */
export const conversationExample = {
  id: "conv_01jd7zq3c8e9v5r2k4m6n8p0ab",
  bot_id: "bot_01jd7zq3c8e9v5r2k4m6n8p0ab",
  channel_id: "ch_01jd7zq3c8e9v5r2k4m6n8p0ab",
  platform: "web",
  chat_id: "user-1",
  thread_id: null,
  user: { id: "user-1", name: "Ada", username: null },
  message_count: 2,
  last_message_at: "2026-01-02T03:04:06.000Z",
  metadata: {},
  created_at: "2026-01-02T03:04:05.000Z",
  updated_at: "2026-01-02T03:04:06.000Z",
} satisfies Conversation;
