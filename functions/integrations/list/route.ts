import * as v from "valibot";
import { defineRoute } from "#shared/http/define-route";
import { Integration, IntegrationStatus, Type } from "#shared/integrations/integration";
import { integrationExample } from "#shared/integrations/integration-example";
import { id } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "listIntegrations",
  method: "GET",
  path: "/v1/bots/{bot_id}/integrations",
  tag: "Integrations",
  summary: "List the integrations of a bot",
  description: "Newest first. Values of headers are masked.",
  auth: { scope: "integrations:read" },
  params: v.object({ bot_id: id("bot") }),
  query: v.strictObject({
    type: v.pipe(v.optional(Type), v.description("Only integrations of this type.")),
    status: v.pipe(
      v.optional(IntegrationStatus),
      v.description("Only integrations in this status."),
    ),
    fallback: v.pipe(
      v.optional(v.boolean()),
      v.description("Only fallbacks, or only those that are none."),
    ),
  }),
  answers: "page",
  data: Integration,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "Query"] },
  example: { data: integrationExample },
});
