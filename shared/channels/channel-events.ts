import * as v from "valibot";
import { id } from "../schema/fields.ts";

/** What is told of a channel whose platform refuses it for good. */
export const ChannelDisconnected = v.pipe(
  v.object({
    channel_id: id("ch"),
    bot_id: id("bot"),
    type: v.pipe(v.string(), v.description("The platform that the channel is on.")),
    reason: v.pipe(
      v.string(),
      v.description(
        "Why the platform refuses it, in a sentence, as the channel's `status_reason` says it.",
      ),
    ),
  }),
  v.title("ChannelDisconnectedData"),
  v.description("The channel that works no more, and why."),
);
export type ChannelDisconnected = v.InferOutput<typeof ChannelDisconnected>;
