import { Bot, BotPatch } from "#shared/bots/bot";
import { botExample } from "#shared/bots/bot-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "updateBot",
  method: "PATCH",
  path: "/v1/bots/{id}",
  tag: "Bots",
  summary: "Change a bot",
  description:
    "Fields that are left out stay, `null` clears a nullable one, nested `settings` merge. Changes hold from the next message on.",
  auth: { scope: "bots:write" },
  params: idParams("bot"),
  body: BotPatch,
  answers: "one",
  data: Bot,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "PutItem", "UpdateItem"] },
  example: { body: { settings: { context_window: 20 } }, data: botExample },
});
