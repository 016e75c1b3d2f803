import * as v from "valibot";
import { Platform } from "#shared/channels/channel";
import { Conversation } from "#shared/conversations/conversation";
import { conversationExample } from "#shared/conversations/conversation-example";
import { KnownUserId } from "#shared/conversations/message";
import { defineRoute } from "#shared/http/define-route";
import { id, time } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "listConversations",
  method: "GET",
  path: "/v1/bots/{bot_id}/conversations",
  tag: "Conversations",
  summary: "List the conversations of a bot",
  description:
    "Most recent activity first: the time of the user's last message. May lag a write by about a second. `total` is exact by bot, `channel_id` or `platform`; filters by time stop counting at 10,000 rows, and `user_id` looks at the user's newest 1,000 conversations.",
  auth: { scope: "conversations:read" },
  params: v.object({ bot_id: id("bot") }),
  query: v.strictObject({
    channel_id: v.pipe(v.optional(id("ch")), v.description("Only conversations of this channel.")),
    platform: v.pipe(v.optional(Platform), v.description("Only conversations on this platform.")),
    user_id: v.pipe(
      v.optional(KnownUserId),
      v.description(
        "Only conversations in which this user of the platform wrote; by any id, where a platform names one person by several.",
      ),
    ),
    active_after: v.pipe(v.optional(time), v.description("Active at this time or later.")),
    active_before: v.pipe(v.optional(time), v.description("Active before this time.")),
  }),
  answers: "page",
  data: Conversation,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "BatchGetItem", "Query", "Query listed"] },
  example: { data: conversationExample },
});
