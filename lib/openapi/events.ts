import { pascal } from "./words.ts";
import type { JsonSchema } from "./schemas.ts";

interface Event {
  readonly type: string;
  readonly summary: string;
  readonly data: Readonly<Record<string, JsonSchema>>;
  readonly example: Readonly<Record<string, unknown>>;
}

const sample = "01jd7zq3c8e9v5r2k4m6n8p0ab";
const idOf = (prefix: string): JsonSchema => ({
  type: "string",
  pattern: `^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`,
  examples: [`${prefix}_${sample}`],
});
const text: JsonSchema = { type: "string" };
const time: JsonSchema = { type: "string", format: "date-time" };
const count: JsonSchema = { type: "integer", minimum: 0 };
const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: "null" }] });
const object = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: "object",
  required: Object.keys(properties),
  properties,
});

/** The resources that events carry, as the rest of the document describes and shows them. */
interface Resources {
  readonly message: { readonly schema: JsonSchema; readonly example: unknown };
  readonly conversation: { readonly schema: JsonSchema; readonly example: unknown };
}

const eventsWith = ({ message, conversation }: Resources): readonly Event[] => [
  {
    type: "message.received",
    summary: "A user's message was kept",
    data: {
      message: message.schema,
      conversation: conversation.schema,
      bot_id: idOf("bot"),
      channel_id: idOf("ch"),
    },
    example: {
      message: message.example,
      conversation: conversation.example,
      bot_id: `bot_${sample}`,
      channel_id: `ch_${sample}`,
    },
  },
  {
    type: "integration.failed",
    summary: "One attempt at a backend failed",
    data: {
      integration_id: idOf("int"),
      bot_id: idOf("bot"),
      conversation_id: idOf("conv"),
      message_id: idOf("msg"),
      error: object({ code: text, message: text, status: orNull({ type: "integer" }) }),
      fallback_used: {
        type: "boolean",
        description: "Whether a further backend was tried after this failure.",
      },
    },
    example: {
      integration_id: `int_${sample}`,
      bot_id: `bot_${sample}`,
      conversation_id: `conv_${sample}`,
      message_id: `msg_${sample}`,
      error: { code: "bad_status", message: "The backend answered 503.", status: 503 },
      fallback_used: true,
    },
  },
  {
    type: "agent_loop.completed",
    summary: "An execution ended, whatever its status",
    data: {
      agent_loop_id: idOf("loop"),
      agent_loop_name: text,
      execution_id: idOf("exec"),
      status: { type: "string", enum: ["completed", "failed", "timeout", "cancelled"] },
      result: orNull(object({ output: orNull(text), iterations_used: count, tool_calls: count })),
      metadata: {
        type: "object",
        properties: {
          started_at: orNull(time),
          completed_at: time,
          duration_seconds: { type: "number", minimum: 0 },
          model: text,
          tokens_used: count,
        },
      },
      error: orNull(text),
    },
    example: {
      agent_loop_id: `loop_${sample}`,
      agent_loop_name: "Daily Sales Report",
      execution_id: `exec_${sample}`,
      status: "completed",
      result: { output: "Sales rose by 4 %.", iterations_used: 5, tool_calls: 3 },
      metadata: {
        started_at: "2026-01-02T09:00:00.000Z",
        completed_at: "2026-01-02T09:02:30.000Z",
        duration_seconds: 150,
        model: "gpt-5-mini",
        tokens_used: 1250,
      },
      error: null,
    },
  },
  {
    type: "channel.disconnected",
    summary: "A platform refused a channel's credentials for good",
    data: { channel_id: idOf("ch"), bot_id: idOf("bot"), type: text, reason: text },
    example: {
      channel_id: `ch_${sample}`,
      bot_id: `bot_${sample}`,
      type: "telegram",
      reason: "unauthorized",
    },
  },
  {
    type: "webhook.test",
    summary: "Somebody tests the endpoint",
    data: {},
    example: {},
  },
];

/** The group of the events in the reference; a group of routes must not have its name. */
export const eventTag = {
  name: "Events",
  description: "What your webhook endpoints will be told.",
};

const headerParameters: readonly JsonSchema[] = [
  {
    name: "webhook-id",
    in: "header",
    required: true,
    description: "The event's id, the same over all attempts and replays.",
    schema: idOf("evt"),
  },
  {
    name: "webhook-timestamp",
    in: "header",
    required: true,
    description: "When the attempt was made, in Unix seconds.",
    schema: { type: "string", pattern: "^[0-9]+$" },
  },
  {
    name: "webhook-signature",
    in: "header",
    required: true,
    description:
      "`v1,` and the base64 HMAC-SHA256 of `{id}.{timestamp}.{body}` under the endpoint's secret; several, parted by blanks, while a secret is being rotated. See standardwebhooks.com.",
    schema: text,
  },
];

const notYet =
  "Follows Standard Webhooks. This version of the platform cannot register endpoints yet and sends no events; what they will look like is settled.";

/** The events that endpoints are told about: their schemas and the requests that carry them. */
export function describeEvents(resources: Resources): {
  readonly schemas: Readonly<Record<string, JsonSchema>>;
  readonly webhooks: Readonly<Record<string, JsonSchema>>;
} {
  const schemas: Record<string, JsonSchema> = {};
  const webhooks: Record<string, JsonSchema> = {};
  for (const { type, summary, data, example } of eventsWith(resources)) {
    const name = `${pascal(type)}Event`;
    schemas[name] = object({
      id: idOf("evt"),
      type: { type: "string", const: type },
      timestamp: time,
      team_id: idOf("team"),
      data: object(data),
    });
    webhooks[type] = {
      post: {
        operationId: `on${pascal(type)}`,
        tags: [eventTag.name],
        summary,
        description: notYet,
        security: [],
        parameters: headerParameters,
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: { $ref: `#/components/schemas/${name}` },
              example: {
                id: `evt_${sample}`,
                type,
                timestamp: "2026-01-02T03:04:05.000Z",
                team_id: `team_${sample}`,
                data: example,
              },
            },
          },
        },
        responses: { "2XX": { description: "The event was taken, within 15 seconds." } },
      },
    };
  }
  return { schemas, webhooks };
}
