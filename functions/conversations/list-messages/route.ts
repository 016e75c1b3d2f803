import * as v from "valibot";
import { Message } from "#shared/conversations/message";
import { messageExample } from "#shared/conversations/message-example";
import { defineRoute } from "#shared/http/define-route";
import { Role } from "#shared/schema/content";
import { idParams, time } from "#shared/schema/fields";

const SortOrder = v.pipe(
  v.picklist(["asc", "desc"]),
  v.title("SortOrder"),
  v.description("In which order a list is: `asc` begins with the oldest."),
);

export const route = defineRoute({
  operationId: "listMessages",
  method: "GET",
  path: "/v1/conversations/{id}/messages",
  tag: "Conversations",
  summary: "List the messages of a conversation",
  description:
    "Oldest first; `order=desc` turns it round. `total` is exact, by role or time too; by both it stops counting at 10,000 rows.",
  auth: { scope: "conversations:read" },
  params: idParams("conv"),
  query: v.strictObject({
    role: v.pipe(v.optional(Role), v.description("Only messages of this role.")),
    created_after: v.pipe(v.optional(time), v.description("Made at this time or later.")),
    created_before: v.pipe(v.optional(time), v.description("Made before this time.")),
    order: v.pipe(
      v.optional(SortOrder, "asc"),
      v.description("`asc` for oldest first, `desc` for newest first."),
    ),
  }),
  answers: "page",
  unboundedPages: { but: ["role"] },
  data: Message,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "BatchGetItem", "Query"], publicUrl: true },
  example: { data: messageExample },
});
