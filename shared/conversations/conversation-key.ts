import type { Bot } from "../bots/bot.ts";
import { hashOf } from "../table/keys.ts";

/** Where a message was said, as its platform names it. */
export interface Place {
  readonly chat_id: string;
  readonly thread_id: string | null;
  readonly user_id: string;
}

/** The hash under which a channel finds the conversation that a message belongs to. A web chat is one conversation. */
export const conversationHash = (
  mode: Bot["settings"]["conversation"]["mode"],
  { chat_id, user_id }: Place,
): string => (mode === "user" ? hashOf("user", chat_id, user_id) : hashOf("chat", chat_id));

/** Whether so much silence has passed that a new conversation begins (mode `session`). */
export const sessionExpired = (
  {
    mode,
    session_timeout_minutes,
  }: Pick<Bot["settings"]["conversation"], "mode" | "session_timeout_minutes">,
  lastMessageAt: string,
  now: number,
): boolean =>
  mode === "session" &&
  session_timeout_minutes !== null &&
  now - Date.parse(lastMessageAt) > session_timeout_minutes * 60_000;
