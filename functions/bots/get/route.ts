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
  auth: { scope: "bots:read" },
  params: idParams("bot"),
  answers: "one",
  data: Bot,
  status: 200,
  errors: [],
  grants: { table: ["GetItem"] },
  example: { data: botExample },
});
