import { defineRoute } from "#shared/http/define-route";
import { Integration, IntegrationPatch } from "#shared/integrations/integration";
import { integrationExample } from "#shared/integrations/integration-example";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "updateIntegration",
  method: "PATCH",
  path: "/v1/integrations/{id}",
  tag: "Integrations",
  summary: "Change an integration",
  description:
    "Fields that are left out stay; `headers` replaces the whole map, and a value equal to its own mask keeps the stored one. `settings` merge, and null takes one away.",
  auth: { scope: "integrations:write" },
  params: idParams("int"),
  body: IntegrationPatch,
  answers: "one",
  data: Integration,
  status: 200,
  errors: ["url_not_allowed"],
  grants: { table: ["GetItem", "BatchGetItem", "PutItem", "UpdateItem"], key: ["seal", "open"] },
  example: { body: { weight: 3 }, data: integrationExample },
});
