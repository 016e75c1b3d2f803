import { defineRoute } from "#shared/http/define-route";
import { deleted, idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "deleteIntegration",
  method: "DELETE",
  path: "/v1/integrations/{id}",
  tag: "Integrations",
  summary: "Delete an integration",
  description:
    "The backend is asked no more, and its secrets are gone. A bot without any answers with its `error_message`.",
  auth: { scope: "integrations:write" },
  params: idParams("int"),
  answers: "one",
  data: deleted("int"),
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "BatchGetItem", "PutItem", "DeleteItem"] },
});
