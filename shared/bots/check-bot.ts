import { invalid } from "../errors/api-error.ts";
import type { Bot } from "./bot.ts";

const mostBytes = 32 * 1024;

/** Refuses what no single field shows: fields that do not go together, a bot that is too large. Throws a 422. */
export function checkBot(bot: Pick<Bot, "settings">): void {
  const { response_delay, conversation } = bot.settings;
  if (response_delay.max_ms < response_delay.min_ms) {
    throw invalid("body.settings.response_delay.max_ms", "Must be at least min_ms.");
  }
  if (conversation.mode === "session" && conversation.session_timeout_minutes === null) {
    throw invalid(
      "body.settings.conversation.session_timeout_minutes",
      "Is required with the mode session: 1 to 10,080 minutes.",
    );
  }
  if (Buffer.byteLength(JSON.stringify(bot)) > mostBytes) {
    throw invalid("body.settings", "The bot is larger than 32 KiB. Shorten the system prompt.");
  }
}
