import { defineRoute } from "#shared/http/define-route";
import { deleted, idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "deleteChannel",
  method: "DELETE",
  path: "/v1/channels/{id}",
  tag: "Channels",
  summary: "Delete a channel",
  description:
    "Disconnects the channel at once; a worker then erases its conversations. Set `enabled` to false to keep them.",
  auth: { scope: "channels:write" },
  params: idParams("ch"),
  answers: "one",
  data: deleted("ch"),
  status: 200,
  errors: [],
  grants: {
    table: ["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem"],
    sends: ["jobs"],
  },
});
