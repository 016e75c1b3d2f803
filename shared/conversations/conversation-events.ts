import * as v from "valibot";
import { BackendErrorCode } from "../integrations/backend-error-code.ts";
import { id } from "../schema/fields.ts";
import { Conversation } from "./conversation.ts";
import { Feedback, Message } from "./message.ts";

/** What is told of a user's message that was kept: message and conversation as they were right after it. */
export const MessageReceived = v.object({
  message: Message,
  conversation: Conversation,
  bot_id: id("bot"),
  channel_id: id("ch"),
});

/** What is told of a backend that gave a message no answer. */
export const IntegrationFailed = v.object({
  integration_id: id("int"),
  bot_id: id("bot"),
  conversation_id: id("conv"),
  message_id: id("msg"),
  error: v.object({
    code: BackendErrorCode,
    message: v.string(),
    status: v.nullable(v.pipe(v.number(), v.integer())),
  }),
  fallback_used: v.pipe(
    v.boolean(),
    v.description("Whether a further backend was tried after this failure."),
  ),
});
export type IntegrationFailed = v.InferOutput<typeof IntegrationFailed>;

const Rating = v.nullable(Feedback.entries.rating);

/** What is told of a reply that was rated. */
export const MessageFeedback = v.object({
  message_id: id("msg"),
  number: Message.entries.number,
  conversation_id: id("conv"),
  bot_id: id("bot"),
  integration_id: Message.entries.integration_id,
  rating: v.pipe(Rating, v.description("Null where the feedback was taken back.")),
  previous_rating: v.pipe(Rating, v.description("What it was rated before, if it was.")),
  comment: Feedback.entries.comment,
  message: v.pipe(Message, v.description("The reply as it was shown right after it.")),
});
