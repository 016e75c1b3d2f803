import * as v from "valibot";
import { BotReport } from "#shared/figures/bot-report";
import { botReportExample } from "#shared/figures/bot-report-example";
import { DayQuery } from "#shared/figures/day-query";
import { defineRoute } from "#shared/http/define-route";
import { id } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "getBotReport",
  method: "GET",
  path: "/v1/bots/{bot_id}/report",
  tag: "Integrations",
  summary: "Compare the integrations of a bot",
  description:
    "How each did on these days: who was asked, who answered and how fast, what it took, and what users thought of it. Counted in the transactions that store replies, so it is exact; the last second may be missing. Kept for 400 days. Days are in UTC, and a message counts on the day on which it is answered.",
  auth: { scope: "integrations:read" },
  params: v.object({ bot_id: id("bot") }),
  query: DayQuery,
  answers: "one",
  data: BotReport,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "Query"] },
  example: { data: botReportExample },
});
