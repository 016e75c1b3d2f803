import * as v from "valibot";
import { Platform } from "../channels/channel.ts";

/** The platform of a user who is to be erased, as a query has it. */
export const OnPlatform = v.pipe(
  v.optional(Platform),
  v.description("Only what was said on this platform; all platforms when left out."),
);

/** What the erasure of a user answers. */
export const DeletedUser = v.pipe(
  v.object({ user_id: v.string(), deleted: v.literal(true) }),
  v.title("DeletedBotUser"),
);
