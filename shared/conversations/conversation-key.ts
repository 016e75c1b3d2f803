import type { Bot } from "../bots/bot.ts";
import { hashOf } from "../table/keys.ts";

/** Where a message was said, as its platform names it. */
export interface Place {
  readonly chat_id: string;
  readonly thread_id: string | null;
  readonly user_id: string;
  /** Whether what each user says there is a conversation of its own, unless the bot has it otherwise. */
  readonly is_per_user: boolean;
}

/**
 * The hash under which a channel finds the conversation that a message belongs to: what one user says in a chat, a
 * thread of it, or the chat.
 */
export function conversationHash(
  mode: Bot["settings"]["conversation"]["mode"],
  { chat_id, thread_id, user_id, is_per_user }: Place,
): string {
  const isPerUser = mode === "user" || (mode !== "thread" && is_per_user);
  if (isPerUser) return hashOf("user", chat_id, user_id);
  return thread_id === null ? hashOf("chat", chat_id) : hashOf("thread", chat_id, thread_id);
}

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
