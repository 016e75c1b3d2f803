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
export const ReportedType = v.picklist([...EventType.options, "webhook.test"]);
export type ReportedType = v.InferOutput<typeof ReportedType>;
