import { ChannelInFull, ChannelPatch } from "#shared/channels/channel";
import { channelInFullExample } from "#shared/channels/channel-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "updateChannel",
  method: "PATCH",
  path: "/v1/channels/{id}",
  tag: "Channels",
  summary: "Change a channel",
  description:
    "Fields that are left out stay. With `credentials` the channel is connected anew, as one that is made; without, the platform is not asked.",
  auth: { scope: "channels:write" },
  params: idParams("ch"),
  body: ChannelPatch,
  answers: "one",
  data: ChannelInFull,
  status: 200,
  mayBeHeld: true,
  errors: ["conflict", "channel_credentials_rejected"],
  grants: {
    table: [
      "GetItem",
      "BatchGetItem",
      "Query",
      "Query listed",
      "PutItem",
      "UpdateItem",
      "DeleteItem",
    ],
    sends: ["jobs", "deliveries"],
    key: ["seal", "open"],
    publicUrl: true,
  },
  example: { body: { enabled: false }, data: channelInFullExample },
});
