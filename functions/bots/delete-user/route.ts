import * as v from "valibot";
import { DeletedUser, OnPlatform } from "#shared/conversations/deleted-user";
import { defineRoute } from "#shared/http/define-route";
import { id } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "deleteBotUser",
  method: "DELETE",
  path: "/v1/bots/{bot_id}/users/{user_id}",
  tag: "Bots",
  summary: "Erase all that one end user said",
  description:
    "Within a minute, everything that this user of a platform has said to the bot until now is erased: conversations in which only they wrote go as a whole; in shared ones their messages and the replies to them keep their place and lose content, attachments, metadata, the user and your `message_id`, and no backend is shown them. What webhook endpoints are told of those messages goes with them, and what they answered: a delivery that still waits fails with `event_expired`. Where a platform names one person by several ids, each stands for all of them, and that they were one is erased too. Always 200, known or not.\n\nWhat remains:\n\n- for 24 hours after a request its answer, if it came with an `Idempotency-Key`, for its repeats;\n- for 14 days after a message the hash of its `message_id`, by which a repeat of it is known;\n- for 30 days that something was delivered to an endpoint or failed: ids, times and statuses, no words;\n- in backups all of it, as long as whoever runs the platform keeps them: 35 days in AWS (point-in-time recovery);\n- the `chat_id` of a shared conversation, and what others or replies to others say about the user, until they are deleted.\n\nLogs hold ids of this API and no words. What backends and endpoints have received is out of reach.\n\nIds that a path cannot hold whole are erased by `DELETE /v1/bots/{bot_id}/users?user_id=…`: `.` and `..`, which clients take for steps, and every id with a `/`.",
  auth: { scope: "conversations:write" },
  params: v.object({
    bot_id: id("bot"),
    user_id: v.pipe(
      v.string(),
      v.minLength(1),
      v.description(
        "The user's id, as the platform or your own system names it; one of more than 256 characters is 422.",
      ),
    ),
  }),
  query: v.strictObject({ platform: OnPlatform }),
  answers: "one",
  data: DeletedUser,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "PutItem"], sends: ["jobs"] },
  example: { data: { user_id: "user-1", deleted: true } },
});
