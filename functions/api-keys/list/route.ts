import { ApiKey } from "#shared/api-keys/api-key";
import { apiKeyExample } from "#shared/api-keys/api-key-example";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  operationId: "listApiKeys",
  method: "GET",
  path: "/v1/api-keys",
  tag: "Team",
  summary: "List API keys",
  description:
    "All keys of the team, newest first; those that have ended too, until they are deleted.",
  auth: { scope: "admin" },
  answers: "page",
  data: ApiKey,
  status: 200,
  errors: [],
  grants: { table: ["Query", "BatchGetItem"] },
  example: { data: apiKeyExample },
});
