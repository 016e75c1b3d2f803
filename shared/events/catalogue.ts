import * as v from "valibot";
import { ChannelDisconnected } from "../channels/channel-events.ts";
import {
  IntegrationFailed,
  MessageFeedback,
  MessageReceived,
} from "../conversations/conversation-events.ts";
import { conversationExample } from "../conversations/conversation-example.ts";
import { messageExample, ratedExample } from "../conversations/message-example.ts";
import { CallbackPayload } from "../executions/callback-payload.ts";
import { id, shownTime } from "../schema/fields.ts";
import type { ReportedType } from "../webhooks/event-type.ts";

const sample = "01jd7zq3c8e9v5r2k4m6n8p0ab";

const byType = {
  "message.received": event({
    type: "message.received",
    summary: "A user's message was kept",
    data: MessageReceived,
    example: {
      message: messageExample,
      // As it was right after the message, which its bot had not answered.
      conversation: {
        ...conversationExample,
        message_count: messageExample.number,
        last_message_at: messageExample.created_at,
        updated_at: messageExample.created_at,
      },
      bot_id: conversationExample.bot_id,
      channel_id: conversationExample.channel_id,
    },
  }),
  "integration.failed": event({
    type: "integration.failed",
    summary: "One attempt at a backend failed",
    data: IntegrationFailed,
    example: {
      integration_id: `int_${sample}`,
      bot_id: `bot_${sample}`,
      conversation_id: `conv_${sample}`,
      message_id: `msg_${sample}`,
      error: {
        code: "http_error",
        message: "The backend answered with HTTP status 503.",
        status: 503,
      },
      fallback_used: true,
    },
  }),
  "agent_loop.completed": event({
    type: "agent_loop.completed",
    summary: "An execution ended, whatever its status",
    data: CallbackPayload,
    example: {
      agent_loop_id: `loop_${sample}`,
      agent_loop_name: "Daily Sales Report",
      execution_id: `exec_${sample}`,
      status: "completed",
      result: { output: "Sales rose by 4 %.", iterations_used: 5, tool_calls: 3 },
      metadata: {
        started_at: "2026-01-02T03:01:35.000Z",
        completed_at: "2026-01-02T03:04:05.000Z",
        duration_seconds: 150,
        model: "gpt-5-mini",
        tokens_used: 1250,
        input_tokens: 1000,
        output_tokens: 250,
      },
      error: null,
    },
  }),
  "channel.disconnected": event({
    type: "channel.disconnected",
    summary: "A platform refused a channel's credentials for good",
    data: ChannelDisconnected,
    example: {
      channel_id: `ch_${sample}`,
      bot_id: `bot_${sample}`,
      type: "telegram",
      reason: "Telegram: Unauthorized",
    },
  }),
  "message.feedback": event({
    type: "message.feedback",
    summary: "Users rated a reply, or took that back",
    at: ratedExample.updated_at,
    data: MessageFeedback,
    example: {
      message_id: ratedExample.id,
      number: ratedExample.number,
      conversation_id: ratedExample.conversation_id,
      bot_id: `bot_${sample}`,
      integration_id: ratedExample.integration_id,
      rating: ratedExample.feedback.rating,
      previous_rating: null,
      comment: ratedExample.feedback.comment,
      message: ratedExample,
    },
  }),
  "webhook.test": event({
    type: "webhook.test",
    summary: "Somebody tests the endpoint",
    data: v.pipe(v.object({}), v.description("Nothing: a test has nothing to tell.")),
    example: {},
  }),
} satisfies { readonly [Type in ReportedType]: { readonly type: Type } };

/** The events that webhook endpoints are told of: every type that can be reported. */
export const events = Object.values(byType);

/** An event, with the whole body of the request that tells an endpoint of it. */
function event<const Type extends string, Data extends v.GenericSchema>({
  type,
  summary,
  at = "2026-01-02T03:04:05.000Z",
  data,
  example,
}: {
  readonly type: Type;
  readonly summary: string;
  readonly at?: string;
  readonly data: Data;
  readonly example: v.InferOutput<Data>;
}) {
  return {
    type,
    summary,
    body: v.pipe(
      v.object({
        id: id("evt"),
        type: v.pipe(v.literal(type), v.description("What has happened, for programs.")),
        timestamp: v.pipe(shownTime, v.description("When it happened, not when it is told.")),
        team_id: id("team"),
        data,
      }),
      v.description(`${summary}.`),
    ),
    example: {
      id: `evt_${sample}`,
      type,
      timestamp: at,
      team_id: `team_${sample}`,
      data: example,
    },
  };
}
