import * as v from "valibot";
import { id } from "../schema/fields.ts";

/** What is told of a channel whose platform refuses it for good. */
export const ChannelDisconnected = v.object({
  channel_id: id("ch"),
  bot_id: id("bot"),
  type: v.string(),
  reason: v.string(),
});
export type ChannelDisconnected = v.InferOutput<typeof ChannelDisconnected>;
