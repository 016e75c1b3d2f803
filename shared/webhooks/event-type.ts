import * as v from "valibot";

/** What endpoints can be told of. Bodies and examples stand in `events/catalogue.ts`. */
export const EventType = v.picklist([
  "message.received",
  "integration.failed",
  "agent_loop.completed",
  "channel.disconnected",
  "message.feedback",
]);
export type EventType = v.InferOutput<typeof EventType>;

/** What endpoints are told of, the test included, which comes whatever an endpoint wants. */
export const ReportedType = v.pipe(
  v.picklist([...EventType.options, "webhook.test"], "Must be the type of an event."),
  v.title("EventType"),
  v.description("What has happened. A `webhook.test` comes only where somebody asks for it."),
);
export type ReportedType = v.InferOutput<typeof ReportedType>;

/** What an endpoint wishes to be told of. */
export const Subscription = v.pipe(
  v.picklist([...EventType.options, "*"], "Must be the type of an event, or * for all."),
  v.title("EventSubscription"),
  v.description("A type of event that an endpoint is told of; `*` is every type, later ones too."),
);
