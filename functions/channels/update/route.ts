import { Channel, ChannelPatch } from "#shared/channels/channel";
import { channelExample } from "#shared/channels/channel-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "updateChannel",
  method: "PATCH",
  path: "/v1/channels/{id}",
  tag: "Channels",
  summary: "Change a channel",
  description: "Fields that are left out stay.",
  auth: { scope: "channels:write" },
  params: idParams("ch"),
  body: ChannelPatch,
  answers: "one",
  data: Channel,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "BatchGetItem", "PutItem"] },
  example: { body: { enabled: false }, data: channelExample },
});
