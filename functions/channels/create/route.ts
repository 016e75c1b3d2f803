import * as v from "valibot";
import { Channel, ChannelInput } from "#shared/channels/channel";
import { channelExample } from "#shared/channels/channel-example";
import { defineRoute } from "#shared/http/define-route";
import { id } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "createChannel",
  method: "POST",
  path: "/v1/bots/{bot_id}/channels",
  tag: "Channels",
  summary: "Open a channel to a bot",
  description: "A bot can have 20 channels. A `web` channel takes messages over this API.",
  auth: { scope: "channels:write" },
  params: v.object({ bot_id: id("bot") }),
  body: ChannelInput,
  answers: "one",
  data: Channel,
  status: 201,
  location: "/v1/channels/{id}",
  errors: ["conflict"],
  grants: { table: ["GetItem", "Query", "PutItem", "UpdateItem"] },
  example: { body: { type: "web", name: "Website" }, data: channelExample },
});
