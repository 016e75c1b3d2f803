import { ChannelInFull } from "#shared/channels/channel";
import { telegramChannelExample } from "#shared/channels/channel-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "getChannel",
  method: "GET",
  path: "/v1/channels/{id}",
  tag: "Channels",
  summary: "Get a channel",
  description:
    "Asks the channel's platform how it is, at most once a minute. Dead credentials disconnect the channel; good ones of one that is disconnected have it connected again. A platform that does not answer in five seconds, or in one where many requests of the team wait, is asked again a minute later.",
  auth: { scope: "channels:read" },
  params: idParams("ch"),
  answers: "one",
  data: ChannelInFull,
  status: 200,
  errors: [],
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
    key: ["open"],
  },
  waits: true,
  mayBeHeld: true,
  example: { data: telegramChannelExample },
});
