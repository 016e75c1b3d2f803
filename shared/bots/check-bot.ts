import { invalid } from "../errors/api-error.ts";
import type { BotInput } from "./bot.ts";

/** The most bytes of what a person sets, as JSON. What we add is not measured: it must not keep a bot from being changed. */
const mostBytes = 32 * 1024;

/** Refuses what no single field shows: fields that do not go together, a bot that is too large. Throws a 422. */
export function checkBot({ name, description, status, settings }: BotInput): void {
  const { response_delay, conversation } = settings;
  if (response_delay.max_ms < response_delay.min_ms) {
    throw invalid("body.settings.response_delay.max_ms", "Must be at least min_ms.");
  }
  if (conversation.mode === "session" && conversation.session_timeout_minutes === null) {
    throw invalid(
      "body.settings.conversation.session_timeout_minutes",
      "Is required with the mode session: 1 to 10,080 minutes.",
    );
  }
  const set = JSON.stringify({ name, description, status, settings });
  if (Buffer.byteLength(set) > mostBytes) {
    throw invalid("body.settings", "The bot is larger than 32 KiB. Shorten the system prompt.");
  }
}
