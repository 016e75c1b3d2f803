import * as v from "valibot";
import { Platform } from "../channels/channel.ts";
import type { Id } from "../runtime/ids.ts";
import { freeRecord, id, shownTime } from "../schema/fields.ts";
import { User } from "./message.ts";

/** A conversation as the API shows it. */
export const Conversation = v.pipe(
  v.object({
    id: id("conv"),
    bot_id: id("bot"),
    channel_id: id("ch"),
    platform: Platform,
    chat_id: v.pipe(
      v.string(),
      v.description(
        "As the platform names the chat; of a group that has moved, as it is named now.",
      ),
    ),
    thread_id: v.pipe(
      v.nullable(v.string()),
      v.description("The topic or thread, as the platform names it; null outside of one."),
    ),
    user: v.pipe(
      User,
      v.description("Who began the conversation; with an empty id once that user was erased."),
    ),
    message_count: v.pipe(
      v.number(),
      v.integer(),
      v.description("How many messages it has, of users and of the bot."),
    ),
    last_message_at: v.pipe(shownTime, v.description("When its last message was kept.")),
    metadata: v.pipe(
      freeRecord,
      v.description("Room for what is known of the conversation; empty for now."),
    ),
    created_at: shownTime,
    updated_at: shownTime,
  }),
  v.title("Conversation"),
  v.description("What was said in one chat of a channel, kept in order."),
);
export type Conversation = v.InferOutput<typeof Conversation>;

/** The head of a conversation as it is stored: at most 1 KB, so that counting a message costs little. */
export interface StoredConversation extends ShowableConversation {
  readonly user_count: number;
  readonly assistant_count: number;
  readonly system_count: number;
  /** The number of the last message that is no reply. */
  readonly last_said?: number;
  /** The integration that gave its last reply, other than as a fallback. */
  readonly stays_with?: Id<"int">;
  /** How many users were taken out of it because they were erased. */
  readonly departed?: number;
  /** Time of the user's last message: the place in lists. */
  readonly active_at: string;
  /** The hash under which the channel finds it. */
  readonly key_sha256: string;
  readonly erasing?: true;
}

/** What is needed of a head to show it. */
export type ShowableConversation = Omit<Conversation, "updated_at">;

/** What the API shows of a head. */
export const shownConversation = (stored: ShowableConversation): Conversation => ({
  ...stored,
  updated_at: stored.last_message_at,
});
