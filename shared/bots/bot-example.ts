import type { Bot } from "./bot.ts";

/** A bot for the reference. */
export const botExample = {
  id: "bot_01jd7zq3c8e9v5r2k4m6n8p0ab",
  name: "Support Bot",
  description: "Answers customers",
  status: "active",
  settings: {
    context_window: 10,
    system_prompt: null,
    typing_indicator: true,
    response_delay: { min_ms: 0, max_ms: 0 },
    should_respond: { groups: "mention" },
    conversation: { mode: "auto", session_timeout_minutes: null, collect_ms: 0 },
    routing: { sticky: null },
    error_message: "Sorry, I can't answer right now. Please try again in a few minutes.",
  },
  created_at: "2026-01-02T03:04:05.000Z",
  updated_at: "2026-01-02T03:04:05.000Z",
} satisfies Bot;
