import * as v from "valibot";
import { ChannelInFull, ChannelInput } from "#shared/channels/channel";
import { channelInFullExample } from "#shared/channels/channel-example";
import { defineRoute } from "#shared/http/define-route";
import { id } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "createChannel",
  method: "POST",
  path: "/v1/bots/{bot_id}/channels",
  tag: "Channels",
  summary: "Open a channel to a bot",
  description:
    "A bot can have 20 channels. A `web` channel takes messages over this API. The credentials of another type are checked with its platform at once; while that cannot be reached (where many requests of the team wait: within a second), the channel is `pending` and tried again for 72 hours. An account of a platform can be in one channel of the team.",
  auth: { scope: "channels:write" },
  params: v.object({ bot_id: id("bot") }),
  body: ChannelInput,
  answers: "one",
  data: ChannelInFull,
  status: 201,
  location: "/v1/channels/{id}",
  mayBeHeld: true,
  errors: ["conflict", "channel_credentials_rejected"],
  grants: {
    table: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"],
    sends: ["jobs", "deliveries"],
    key: ["seal", "open"],
    publicUrl: true,
  },
  example: { body: { type: "web", name: "Website" }, data: channelInFullExample },
});
