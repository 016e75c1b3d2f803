import * as v from "valibot";
import { Platform } from "../channels/channel.ts";

/** The platform of a user who is to be erased, as a query has it. */
export const OnPlatform = v.pipe(
  v.optional(Platform),
  v.description("Only what was said on this platform; all platforms when left out."),
);

/** What the erasure of a user answers. */
export const DeletedUser = v.pipe(
  v.object({
    user_id: v.pipe(v.string(), v.description("The id that was given, known or not.")),
    deleted: v.pipe(v.literal(true), v.description("Always true, whether anything was there.")),
  }),
  v.title("DeletedBotUser"),
  v.description("Who is erased from now on."),
);
