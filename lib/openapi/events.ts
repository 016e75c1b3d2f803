import * as v from "valibot";
import { events } from "#shared/events/catalogue";
import { idPattern } from "#shared/runtime/ids";
import type { Components, GivenSchema, JsonSchema } from "./schemas.ts";
import { pascal } from "./words.ts";

/** The group of the events in the reference; a group of routes must not have its name. */
export const eventTag = {
  name: "Events",
  description: "What your webhook endpoints are told.",
};

const headerParameters: readonly JsonSchema[] = [
  {
    name: "webhook-id",
    in: "header",
    required: true,
    description: "The event's id, the same over all attempts and replays.",
    schema: {
      type: "string",
      pattern: idPattern("evt").source,
      examples: ["evt_01jd7zq3c8e9v5r2k4m6n8p0ab"],
    },
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
    schema: { type: "string" },
  },
];

const how =
  "Follows Standard Webhooks. Answer with a status of 2xx within 15 seconds; redirects count as failures. What fails is tried up to ten times over three days: after 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours. It may come more than once and in any order: `webhook-id` tells what you have had.";

/** The bodies of events, as the document shows them: each alone, and as what any of them is. */
export const eventSchemas: readonly GivenSchema[] = [
  ...events.map(({ type, body }): GivenSchema => ({
    schema: body,
    direction: "output",
    name: `${pascal(type)}Event`,
  })),
  {
    schema: v.variant(
      "type",
      events.map(({ body }) => body),
    ),
    direction: "output",
    name: "Event",
  },
];

/** The requests that tell endpoints of events. */
export function describeEvents(components: Components): JsonSchema {
  const webhooks: Record<string, JsonSchema> = {};
  for (const { type, summary, body, example } of events) {
    webhooks[type] = {
      post: {
        operationId: `on${pascal(type)}`,
        tags: [eventTag.name],
        summary,
        description: how,
        security: [],
        parameters: headerParameters,
        requestBody: {
          required: true,
          content: { "application/json": { schema: components.refer(body, "output"), example } },
        },
        responses: { "2XX": { description: "The event was taken, within 15 seconds." } },
      },
    };
  }
  return webhooks;
}
