import * as v from "valibot";
import { day } from "../schema/fields.ts";
import { Count, Tokens } from "./count.ts";

const used = {
  messages: v.pipe(
    Count,
    v.description("Messages of users, kept in conversations; those erased since stay counted."),
  ),
  replies: v.pipe(Count, v.description("Replies of bots, their error messages too.")),
  executions: v.pipe(
    v.object({
      completed: v.pipe(Count, v.description("Those that came to their end.")),
      failed: v.pipe(Count, v.description("Those that something stood in the way of.")),
      timeout: v.pipe(Count, v.description("Those that took longer than they may.")),
      cancelled: v.pipe(Count, v.description("Those that somebody cancelled.")),
    }),
    v.title("ExecutionCounts"),
    v.description("Those that ended, by how they did."),
  ),
  deliveries: v.pipe(Count, v.description("Deliveries to webhook endpoints and callbacks.")),
  tokens: v.pipe(Tokens, v.description("Of backends and of agent loops, as they were told.")),
};

/** What a team used, as the API shows it. */
export const Usage = v.pipe(
  v.object({
    from: v.pipe(day, v.description("The first of the days, in UTC.")),
    to: v.pipe(day, v.description("The last of the days, itself included.")),
    days: v.pipe(
      v.array(
        v.pipe(
          v.object({
            day: v.pipe(day, v.description("Which of the days it is, in UTC.")),
            ...used,
          }),
          v.title("UsageOfDay"),
          v.description("What the team used on one day."),
        ),
      ),
      v.description("Each of the days, oldest first."),
    ),
    total: v.pipe(
      v.object(used),
      v.title("UsageTotal"),
      v.description("What the team used on all of the days."),
    ),
  }),
  v.title("Usage"),
  v.description("What the team used, day by day."),
);
export type Usage = v.InferOutput<typeof Usage>;
