import * as v from "valibot";
import { Bot, BotStatus } from "#shared/bots/bot";
import { botExample } from "#shared/bots/bot-example";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  operationId: "listBots",
  method: "GET",
  path: "/v1/bots",
  tag: "Bots",
  summary: "List bots",
  description: "All bots of the team, newest first.",
  auth: { scope: "bots:read" },
  query: v.strictObject({
    status: v.pipe(v.optional(BotStatus), v.description("Only bots in this status.")),
    name: v.pipe(
      v.optional(v.string()),
      v.description("Only bots whose name contains this; case does not count."),
    ),
  }),
  answers: "page",
  data: Bot,
  status: 200,
  errors: [],
  grants: { table: ["Query"] },
  example: { data: botExample },
});
