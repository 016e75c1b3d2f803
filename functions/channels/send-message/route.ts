import * as v from "valibot";
import { Message, UserId } from "#shared/conversations/message";
import { messageExample, replyExample } from "#shared/conversations/message-example";
import { defineRoute } from "#shared/http/define-route";
import { Content } from "#shared/schema/content";
import { idParams, omittable, text, wholeNumber } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "sendMessage",
  method: "POST",
  path: "/v1/channels/{id}/messages",
  tag: "Channels",
  summary: "Send a user's message into a web channel",
  description:
    "Keeps the message exactly once and has the bot answer it. With `wait` the answer comes in `reply`; without it, or when the bot takes longer, `reply` is null and the answer is found in the conversation. A message has no path of its own, so there is no `Location`: it is read with its conversation's messages. Where the bot collects messages (`settings.conversation.collect_ms`), those of one turn have the same reply, and each that waits is given it. The same `message_id` sent again is the same message: 200 with what is stored; with another user, chat or content, or once its conversation was deleted, it is 409. So is a channel of another type.",
  auth: { scope: "conversations:write" },
  params: idParams("ch"),
  query: v.strictObject({
    wait: v.pipe(
      v.optional(wholeNumber(0, 25), 0),
      v.description(
        "Seconds to hold the answer for the bot's reply, at most. Where many requests wait at once, one that has waited for a second may be answered earlier, with `reply` null; the reply comes all the same, and is found in the conversation.",
      ),
    ),
  }),
  body: v.pipe(
    v.strictObject({
      user: v.pipe(
        v.strictObject({
          id: UserId,
          name: v.pipe(
            v.optional(v.nullable(text(0, 100)), null),
            v.description("What people call the user; at most 100 characters, or none."),
          ),
          username: v.pipe(
            v.optional(v.nullable(text(0, 100)), null),
            v.description("What the user is called where there are user names."),
          ),
        }),
        v.title("MessageSender"),
        v.description("Who says it, as your system names them."),
      ),
      chat_id: v.pipe(
        omittable(text(1, 128)),
        v.description(
          "The chat it is said in; the user's id when left out. One chat is one conversation, unless the bot's `settings.conversation.mode` says otherwise.",
        ),
      ),
      message_id: v.pipe(
        omittable(text(1, 128)),
        v.description("Your id of the message; sending it twice keeps it once."),
      ),
      content: Content,
    }),
    v.description("A message of one of your users."),
  ),
  answers: "one",
  data: v.pipe(
    v.object({
      message: v.pipe(Message, v.description("The user's message, as it is stored.")),
      reply: v.pipe(
        v.nullable(Message),
        v.description("The bot's answer; null while there is none."),
      ),
      reply_expected: v.pipe(
        v.boolean(),
        v.description(
          "Whether there is a reply or one may come; false where nobody answers the message: the bot is paused, or was before its turn came, the channel is disabled, or the reply was erased.",
        ),
      ),
    }),
    v.title("MessageSendResult"),
    v.description("The message as it is stored, and the bot's reply if it was waited for."),
  ),
  status: 201,
  repeatedStatus: 200,
  waits: true,
  mayBeHeld: true,
  errors: ["conflict"],
  grants: {
    table: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem"],
    sends: ["inbound", "deliveries"],
    publicUrl: true,
  },
  example: {
    body: { user: { id: "user-1", name: "Ada" }, content: "Hello!" },
    data: { message: messageExample, reply: replyExample, reply_expected: true },
  },
});
