import { defineRoute } from "#shared/http/define-route";
import { deleted, idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "deleteApiKey",
  method: "DELETE",
  path: "/v1/api-keys/{id}",
  tag: "Team",
  summary: "Delete an API key",
  description:
    "The key stops working at once. The last key of a team with the scope `admin` and without an end cannot be deleted.",
  auth: { scope: "admin" },
  params: idParams("key"),
  answers: "one",
  data: deleted("key"),
  status: 200,
  errors: ["conflict"],
  grants: { table: ["GetItem", "Query", "PutItem", "DeleteItem", "ConditionCheckItem"] },
});
