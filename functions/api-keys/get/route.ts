import { ApiKey } from "#shared/api-keys/api-key";
import { apiKeyExample } from "#shared/api-keys/api-key-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "getApiKey",
  method: "GET",
  path: "/v1/api-keys/{id}",
  tag: "Team",
  summary: "Get an API key",
  description:
    "What the key may do, when it ends and when it was last used. Its value is not shown.",
  auth: { scope: "admin" },
  params: idParams("key"),
  answers: "one",
  data: ApiKey,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "BatchGetItem"] },
  example: { data: apiKeyExample },
});
