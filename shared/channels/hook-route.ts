import * as v from "valibot";
import { id } from "../schema/fields.ts";

/** What the definitions of all hooks that are POSTs have in common. */
export const hookRoute = {
  method: "POST",
  tag: "Channels",
  params: v.object({ channel_id: id("ch") }),
  input: "bytes",
  maxBytes: 4 * 1024 * 1024,
  answers: "raw",
  refusals: "plain",
  status: 200,
  errors: ["not_found"],
} as const;

/** What keeping messages and waking workers takes. */
export const hookGrants = {
  table: ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem"],
  sends: ["inbound", "deliveries"],
} as const;
