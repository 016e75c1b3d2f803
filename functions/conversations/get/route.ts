import { Conversation } from "#shared/conversations/conversation";
import { conversationExample } from "#shared/conversations/conversation-example";
import { defineRoute } from "#shared/http/define-route";
import { idParams } from "#shared/schema/fields";

export const route = defineRoute({
  operationId: "getConversation",
  method: "GET",
  path: "/v1/conversations/{id}",
  tag: "Conversations",
  summary: "Get a conversation",
  description: "Who it is with, where, and how many messages it has. The messages are read apart.",
  auth: { scope: "conversations:read" },
  params: idParams("conv"),
  answers: "one",
  data: Conversation,
  status: 200,
  errors: [],
  grants: { table: ["GetItem", "BatchGetItem"] },
  example: { data: conversationExample },
});
