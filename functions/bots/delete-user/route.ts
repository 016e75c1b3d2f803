import * as v from "valibot";
import { Platform } from "#shared/channels/channel";
import { defineRoute } from "#shared/http/define-route";
import { id, text } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "deleteBotUser",
  method: "DELETE",
  path: "/v1/bots/{bot_id}/users/{user_id}",
  tag: "Bots",
  summary: "Erase all that one end user said",
  description:
    "Within a minute, everything that this user of a platform has said to the bot until now is erased: conversations in which only they wrote go as a whole, in shared ones their messages keep their place and lose their content. Always 200, known or not. Copies in idempotency records expire after 24 hours.",
  auth: { scope: "conversations:write" },
  params: v.object({ bot_id: id("bot"), user_id: text(1, 128) }),
  query: v.strictObject({
    platform: v.pipe(
      v.optional(Platform),
      v.description("Only what was said on this platform; all platforms when left out."),
    ),
  }),
  answers: "one",
  data: v.object({ user_id: v.string(), deleted: v.literal(true) }),
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "PutItem"], sends: ["jobs"] },
  example: { data: { user_id: "user-1", deleted: true } },
});
