import { Channel } from "#shared/channels/channel";
import { channelExample } from "#shared/channels/channel-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "getChannel",
  method: "GET",
  path: "/v1/channels/{id}",
  tag: "Channels",
  summary: "Get a channel",
  auth: { scope: "channels:read" },
  params: idParams("ch"),
  answers: "one",
  data: Channel,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "BatchGetItem"] },
  example: { data: channelExample },
});
