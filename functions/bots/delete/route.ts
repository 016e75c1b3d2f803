import { defineRoute } from "#shared/http/define-route";
import { deleted, idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "deleteBot",
  method: "DELETE",
  path: "/v1/bots/{id}",
  tag: "Bots",
  summary: "Delete a bot",
  description:
    "Hides the bot and everything under it at once; a worker then erases its integrations, channels, conversations and messages.",
  auth: { scope: "bots:write" },
  params: idParams("bot"),
  answers: "one",
  data: deleted("bot"),
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "PutItem", "UpdateItem"], sends: ["jobs"] },
});
