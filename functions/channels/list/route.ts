import * as v from "valibot";
import { Channel, ChannelStatus, Platform } from "#shared/channels/channel";
import { channelExample } from "#shared/channels/channel-example";
import { defineRoute } from "#shared/http/define-route";
import { id } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "listChannels",
  method: "GET",
  path: "/v1/bots/{bot_id}/channels",
  tag: "Channels",
  summary: "List the channels of a bot",
  description:
    "Newest first. What is left to do by hand and what the platform says are shown where one channel is read.",
  auth: { scope: "channels:read" },
  params: v.object({ bot_id: id("bot") }),
  query: v.strictObject({
    type: v.pipe(v.optional(Platform), v.description("Only channels of this type.")),
    status: v.pipe(v.optional(ChannelStatus), v.description("Only channels in this status.")),
  }),
  answers: "page",
  data: Channel,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "Query", "Query listed"] },
  example: { data: channelExample },
});
