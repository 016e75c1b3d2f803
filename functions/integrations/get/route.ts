import { defineRoute } from "#shared/http/define-route";
import { Integration } from "#shared/integrations/integration";
import { integrationExample } from "#shared/integrations/integration-example";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "getIntegration",
  method: "GET",
  path: "/v1/integrations/{id}",
  tag: "Integrations",
  summary: "Get an integration",
  description: "Values of headers are masked.",
  auth: { scope: "integrations:read" },
  params: idParams("int"),
  answers: "one",
  data: Integration,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "BatchGetItem"] },
  example: { data: integrationExample },
});
