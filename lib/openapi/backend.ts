import { BackendReply, BackendRequest } from "#shared/integrations/backend-contract";
import { idPattern } from "#shared/runtime/ids";
import type { JsonSchema } from "./json-schema.ts";
import type { Components, GivenSchema } from "./schemas.ts";
import { signatureHeaders } from "./signature-headers.ts";

/** The group of what a backend has to answer; a group of routes must not have its name. */
export const backendTag = {
  name: "Backends",
  description: "What your server is asked as the backend of an integration of the type `webhook`.",
};

/** What a backend is asked and what it answers. */
export const backendSchemas: readonly GivenSchema[] = [
  { schema: BackendRequest, direction: "output", name: "BackendRequest" },
  { schema: BackendReply, direction: "input", name: "BackendReply" },
];

const text = (name: string, description: string): JsonSchema => ({
  name,
  in: "header",
  required: true,
  description,
  schema: { type: "string" },
});

const sample = "01jd7zq3c8e9v5r2k4m6n8p0ab";

/** The request that asks a backend for a reply, which users implement. */
export const describeBackend = (components: Components): JsonSchema => ({
  "backend.message": {
    post: {
      operationId: "onBackendMessage",
      tags: [backendTag.name],
      summary: "backend.message",
      description:
        "A bot asks its backend for a reply: a POST to the `url` of an integration of the type `webhook`, with the integration's own headers and ours, which those cannot replace. It follows Standard Webhooks and is signed with the integration's `signing_secret`.\n\nAnswer 2xx with JSON within the integration's `timeout_seconds`: at most 1 MiB, in it at most 32 KiB of `content` and 16 KiB of `metadata`. Redirects are not followed. Whatever else comes is a failed attempt: the bot's fallbacks are asked next, then the user gets the bot's `error_message`. After a crash the same message may be asked again, under the same `webhook-id`.",
      security: [],
      parameters: [
        ...signatureHeaders({
          description: "The id of the message that is to be answered, the same for every repeat.",
          schema: {
            type: "string",
            pattern: idPattern("msg").source,
            examples: [`msg_${sample}`],
          },
        }),
        text("X-Bot-ID", "The id of the bot that asks, as `bot.id` in the body."),
        text("X-Integration-ID", "The id of the integration whose `url` is called."),
        text("X-Chatbot-Platform-Version", "The version of the platform that asks."),
      ],
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: components.refer(BackendRequest, "output"),
            example: {
              messages: [{ role: "user", content: "Hello!" }],
              conversation_id: `conv_${sample}`,
              user: { id: "123456789", platform: "telegram", name: "Ada", username: "ada" },
              bot: { id: `bot_${sample}`, name: "Support Bot" },
              metadata: {
                channel: "telegram",
                channel_id: `ch_${sample}`,
                chat_id: "123456789",
                message_id: "789",
                thread_id: null,
              },
            },
          },
        },
      },
      responses: {
        "200": {
          description: "The reply, which goes to the user.",
          content: {
            "application/json": {
              schema: components.refer(BackendReply, "input"),
              example: { content: "Hello, Ada! What can I do for you?" },
            },
          },
        },
      },
    },
  },
});
