import { Bot } from "#shared/bots/bot";
import { botExample } from "#shared/bots/bot-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "getBot",
  method: "GET",
  path: "/v1/bots/{id}",
  tag: "Bots",
  summary: "Get a bot",
  description:
    "The bot with all its settings. A bot that was deleted is not there from that moment on.",
  auth: { scope: "bots:read" },
  params: idParams("bot"),
  answers: "one",
  data: Bot,
  status: 200,
  errors: [],
  grants: { table: ["GetItem"] },
  example: { data: botExample },
});
