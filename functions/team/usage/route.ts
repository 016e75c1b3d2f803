import { DayQuery } from "#shared/figures/day-query";
import { Usage } from "#shared/figures/usage";
import { usageExample } from "#shared/figures/usage-example";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  operationId: "getUsage",
  method: "GET",
  path: "/v1/usage",
  tag: "Team",
  summary: "Get what the team used, day by day",
  description:
    "Counted in the transactions that store what is counted, so it is exact; the last second may be missing. Kept for 400 days. Days are in UTC.",
  auth: { scope: "bots:read" },
  query: DayQuery,
  answers: "one",
  data: Usage,
  status: 200,
  errors: [],
  grants: { table: ["Query"] },
  example: { data: usageExample },
});
