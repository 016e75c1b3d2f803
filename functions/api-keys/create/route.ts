import { ApiKeyInput, ApiKeyWithValue } from "#shared/api-keys/api-key";
import { apiKeyWithValueExample } from "#shared/api-keys/api-key-example";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  operationId: "createApiKey",
  method: "POST",
  path: "/v1/api-keys",
  tag: "Team",
  summary: "Create an API key",
  description:
    "The `key` is in this answer and never again. It lives no longer than the value that asks: one in its grace gives its own end. A team can have 50 API keys; those that have ended count until they are deleted.",
  auth: { scope: "admin" },
  body: ApiKeyInput,
  answers: "one",
  data: ApiKeyWithValue,
  status: 201,
  location: "/v1/api-keys/{id}",
  answersSecret: true,
  errors: ["conflict", "not_found"],
  grants: { table: ["GetItem", "Query", "PutItem", "UpdateItem"], key: ["seal", "open"] },
  example: { body: { name: "Deployment", scopes: ["admin"] }, data: apiKeyWithValueExample },
});
