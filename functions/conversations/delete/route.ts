import { defineRoute } from "#shared/http/define-route";
import { deleted, idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "deleteConversation",
  method: "DELETE",
  path: "/v1/conversations/{id}",
  tag: "Conversations",
  summary: "Delete a conversation",
  description:
    "Hides the conversation at once; a worker then erases its messages, and what webhook endpoints are told of them. The next message of the same chat begins a new one.",
  auth: { scope: "conversations:write" },
  params: idParams("conv"),
  answers: "one",
  data: deleted("conv"),
  status: 200,
  errors: [],
  grants: {
    table: ["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem"],
    sends: ["jobs"],
  },
});
