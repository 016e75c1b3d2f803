import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";
import { IntegrationInput, IntegrationWithSecret } from "#shared/integrations/integration";
import {
  integrationBodies,
  integrationWithSecretExample,
} from "#shared/integrations/integration-example";
import { id } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "createIntegration",
  method: "POST",
  path: "/v1/bots/{bot_id}/integrations",
  tag: "Integrations",
  summary: "Connect a bot to an AI backend",
  description:
    "A bot can have 20 integrations. The `signing_secret` of a `webhook` is in this answer and never again. A model's key goes into `headers`: `Authorization: Bearer …` for most servers, `x-api-key` for Anthropic's own.",
  auth: { scope: "integrations:write" },
  params: v.object({ bot_id: id("bot") }),
  body: IntegrationInput,
  answers: "one",
  data: IntegrationWithSecret,
  status: 201,
  location: "/v1/integrations/{id}",
  answersSecret: true,
  errors: ["conflict", "url_not_allowed"],
  grants: { table: ["GetItem", "Query", "PutItem", "UpdateItem"], key: ["seal", "open"] },
  example: {
    body: integrationBodies.webhook,
    bodies: integrationBodies,
    data: integrationWithSecretExample,
  },
});
