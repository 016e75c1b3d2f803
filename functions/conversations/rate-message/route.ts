import * as v from "valibot";
import { Feedback, Message } from "#shared/conversations/message";
import { ratedExample } from "#shared/conversations/message-example";
import { defineRoute } from "#shared/http/define-route";
import { id, text } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "rateMessage",
  method: "POST",
  path: "/v1/conversations/{id}/messages/{number}/feedback",
  tag: "Conversations",
  summary: "Say what users think of a reply",
  description:
    "The last one counts: it replaces what was said before, its comment too, and `rating` null takes it back. The bot's report counts it for the integration that made the reply, on the day of the reply. 409 for a message that is no reply, for one that was erased with its user, and when the feedback of one message was changed 1,000 times.",
  auth: { scope: "conversations:write" },
  params: v.object({
    id: id("conv"),
    number: v.pipe(
      v.string(),
      v.regex(/^[1-9]\d{0,11}$/),
      v.description("The place of the reply in its conversation."),
      v.examples(["2"]),
      v.transform(Number),
    ),
  }),
  body: v.pipe(
    v.strictObject({
      rating: v.pipe(
        v.nullable(Feedback.entries.rating),
        v.description("What users think of it; null takes it back."),
      ),
      comment: v.pipe(
        v.optional(v.nullable(text(0, 2_000)), null),
        v.description(
          "In the user's words; gone when it is left out, as it must be where the rating is null.",
        ),
      ),
    }),
    v.forward(
      v.partialCheck(
        [["rating"], ["comment"]],
        ({ rating, comment }) => rating !== null || comment === null,
        "Leave it out: with the rating null there is no feedback.",
      ),
      ["comment"],
    ),
    v.description("What users think of a reply, in place of what was said before."),
  ),
  answers: "one",
  data: Message,
  status: 200,
  errors: ["conflict"],
  grants: {
    table: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "ConditionCheckItem"],
    sends: ["deliveries"],
    publicUrl: true,
  },
  example: {
    body: { rating: "up", comment: "Just what I wanted to know." },
    data: ratedExample,
  },
});
