import * as v from "valibot";
import { day } from "../schema/fields.ts";
import { Count, Tokens } from "./count.ts";

const used = {
  messages: v.pipe(Count, v.description("Of users, kept in conversations.")),
  replies: v.pipe(Count, v.description("The bots' error messages too.")),
  executions: v.pipe(
    v.object({ completed: Count, failed: Count, timeout: Count, cancelled: Count }),
    v.description("Those that ended, by how they did."),
  ),
  deliveries: v.pipe(Count, v.description("To webhook endpoints and callbacks.")),
  tokens: v.pipe(Tokens, v.description("Of backends and of agent loops, as they were told.")),
};

/** What a team used, as the API shows it. */
export const Usage = v.object({
  from: day,
  to: day,
  days: v.pipe(v.array(v.object({ day, ...used })), v.description("Each day, oldest first.")),
  total: v.object(used),
});
export type Usage = v.InferOutput<typeof Usage>;
