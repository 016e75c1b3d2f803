import * as v from "valibot";
import { events } from "#shared/events/catalogue";
import { idPattern } from "#shared/runtime/ids";
import type { JsonSchema } from "./json-schema.ts";
import type { Components, GivenSchema } from "./schemas.ts";
import { signatureHeaders } from "./signature-headers.ts";
import { pascal } from "./words.ts";

/** The group of the events in the reference; a group of routes must not have its name. */
export const eventTag = {
  name: "Events",
  description: "What your webhook endpoints are told.",
};

const how =
  "Follows Standard Webhooks. Answer with a status of 2xx within 15 seconds; redirects count as failures. What fails is tried up to ten times over three days: after 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours, a fifth more or less, or later where `Retry-After` asks for it, up to 24 hours. 410 ends it at once, and disables an endpoint. It may come more than once and in any order: `webhook-id` tells what you have had.";

/** A POST that tells of an event, or of an execution by its callback. */
export const told = (schema: JsonSchema, example: unknown) => ({
  description: how,
  security: [],
  parameters: signatureHeaders(eventId),
  requestBody: { required: true, content: { "application/json": { schema, example } } },
  responses: {
    "2XX": {
      description:
        "It was taken, within 15 seconds. Of the body 1 KiB is kept with the attempt, for people.",
    },
  },
});

const eventId: JsonSchema = {
  description: "The event's id, the same over all attempts and replays.",
  schema: {
    type: "string",
    pattern: idPattern("evt").source,
    examples: ["evt_01jd7zq3c8e9v5r2k4m6n8p0ab"],
  },
};

/** The bodies of events, as the document shows them: each alone, and as what any of them is. */
export const eventSchemas: readonly GivenSchema[] = [
  ...events.map(({ type, body }): GivenSchema => ({
    schema: body,
    direction: "output",
    name: `${pascal(type)}Event`,
  })),
  {
    schema: v.pipe(
      v.variant(
        "type",
        events.map(({ body }) => body),
      ),
      v.description("Whatever an endpoint is told; its `type` says of what."),
    ),
    direction: "output",
    name: "WebhookEvent",
  },
];

/** The requests that tell endpoints of events. */
export function describeEvents(components: Components): JsonSchema {
  const webhooks: Record<string, JsonSchema> = {};
  for (const { type, summary, body, example } of events) {
    const { description, ...post } = told(components.refer(body, "output"), example);
    webhooks[type] = {
      post: {
        operationId: `on${pascal(type)}`,
        tags: [eventTag.name],
        summary: type,
        description: `${summary}.\n\n${description}`,
        ...post,
      },
    };
  }
  return webhooks;
}
