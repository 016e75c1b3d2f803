import * as v from "valibot";
import { DeletedUser, OnPlatform } from "#shared/conversations/deleted-user";
import { KnownUserId } from "#shared/conversations/message";
import { defineRoute } from "#shared/http/define-route";
import { id } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "deleteBotUserByQuery",
  method: "DELETE",
  path: "/v1/bots/{bot_id}/users",
  tag: "Bots",
  summary: "Erase all that one end user said, whatever their id",
  description:
    "Does what `DELETE /v1/bots/{bot_id}/users/{user_id}` does, for every id: `.`, `..` and ids with a `/` too, which a path cannot hold whole.",
  auth: { scope: "conversations:write" },
  params: v.object({ bot_id: id("bot") }),
  query: v.strictObject({
    user_id: v.pipe(
      KnownUserId,
      v.description("Who is erased; percent-encoded, as all of a query."),
    ),
    platform: OnPlatform,
  }),
  answers: "one",
  data: DeletedUser,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "PutItem"], sends: ["jobs"] },
  example: { data: { user_id: "team/user-1", deleted: true } },
});
