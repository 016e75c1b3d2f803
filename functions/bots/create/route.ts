import { Bot, BotInput } from "#shared/bots/bot";
import { botExample } from "#shared/bots/bot-example";
import { defineRoute } from "#shared/http/define-route";

export const route = defineRoute({
  operationId: "createBot",
  method: "POST",
  path: "/v1/bots",
  tag: "Bots",
  summary: "Create a bot",
  description:
    "Makes a bot with an `echo` integration, so that it answers before it has a backend. Only `name` is required. A team can have 500 bots.",
  auth: { scope: "bots:write" },
  body: BotInput,
  answers: "one",
  data: Bot,
  status: 201,
  location: "/v1/bots/{id}",
  errors: ["conflict", "not_found"],
  grants: { table: ["GetItem", "Query", "PutItem", "UpdateItem"] },
  example: { body: { name: "Support Bot", description: "Answers customers" }, data: botExample },
});
