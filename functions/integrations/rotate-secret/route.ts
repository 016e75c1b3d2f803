import { defineRoute } from "#shared/http/define-route";
import { IntegrationWithSecret } from "#shared/integrations/integration";
import { integrationWithSecretExample } from "#shared/integrations/integration-example";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "rotateIntegrationSecret",
  method: "POST",
  path: "/v1/integrations/{id}/rotate-secret",
  tag: "Integrations",
  summary: "Replace the signing secret of an integration",
  description:
    "Answers with the new secret, which is shown only here. The old one signs beside it for 24 hours.",
  auth: { scope: "integrations:write" },
  params: idParams("int"),
  answers: "one",
  data: IntegrationWithSecret,
  status: 200,
  answersSecret: true,
  errors: ["conflict"],
  grants: { table: ["GetItem", "BatchGetItem", "PutItem", "UpdateItem"], key: ["seal", "open"] },
  example: { data: integrationWithSecretExample },
});
