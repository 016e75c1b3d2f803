import * as v from "valibot";
import { BackendErrorCode } from "../integrations/backend-error-code.ts";
import { id } from "../schema/fields.ts";
import { Conversation } from "./conversation.ts";
import { Feedback, Message } from "./message.ts";

/** What is told of a user's message that was kept: message and conversation as they were right after it. */
export const MessageReceived = v.pipe(
  v.object({
    message: Message,
    conversation: Conversation,
    bot_id: id("bot"),
    channel_id: id("ch"),
  }),
  v.title("MessageReceivedData"),
  v.description("The message and its conversation, as they were right after it."),
);

/** What is told of a backend that gave a message no answer. */
export const IntegrationFailed = v.pipe(
  v.object({
    integration_id: id("int"),
    bot_id: id("bot"),
    conversation_id: id("conv"),
    message_id: id("msg"),
    error: v.pipe(
      v.object({
        code: BackendErrorCode,
        message: v.pipe(v.string(), v.description("What went wrong, in a sentence.")),
        status: v.pipe(
          v.nullable(v.pipe(v.number(), v.integer())),
          v.description(
            "The HTTP status that the backend answered with; null when no whole answer came.",
          ),
        ),
      }),
      v.title("BackendError"),
      v.description("Why the backend gave no answer."),
    ),
    fallback_used: v.pipe(
      v.boolean(),
      v.description("Whether a further backend was tried after this failure."),
    ),
  }),
  v.title("IntegrationFailedData"),
  v.description("One attempt at a backend that gave no answer, and why."),
);
export type IntegrationFailed = v.InferOutput<typeof IntegrationFailed>;

const Rating = v.nullable(Feedback.entries.rating);

/** What is told of a reply that was rated. */
export const MessageFeedback = v.pipe(
  v.object({
    message_id: id("msg"),
    number: Message.entries.number,
    conversation_id: id("conv"),
    bot_id: id("bot"),
    integration_id: Message.entries.integration_id,
    rating: v.pipe(Rating, v.description("Null where the feedback was taken back.")),
    previous_rating: v.pipe(Rating, v.description("What it was rated before, if it was.")),
    comment: Feedback.entries.comment,
    message: v.pipe(Message, v.description("The reply as it was shown right after it.")),
  }),
  v.title("MessageFeedbackData"),
  v.description("How a reply was rated, and what it was."),
);
