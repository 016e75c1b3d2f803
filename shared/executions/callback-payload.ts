import * as v from "valibot";
import { id, shownTime } from "../schema/fields.ts";
import { ExecutionResult, FinalStatus } from "./execution.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What the callback of an execution tells, and the event of its end. */
export const CallbackPayload = v.object({
  agent_loop_id: id("loop"),
  agent_loop_name: v.string(),
  execution_id: id("exec"),
  status: FinalStatus,
  result: v.nullable(ExecutionResult),
  metadata: v.object({
    started_at: v.nullable(shownTime),
    completed_at: shownTime,
    duration_seconds: v.pipe(
      v.nullable(v.pipe(v.number(), v.minValue(0))),
      v.description("Null when it was cancelled before it began."),
    ),
    model: v.string(),
    tokens_used: count,
  }),
  error: v.nullable(v.string()),
});
export type CallbackPayload = v.InferOutput<typeof CallbackPayload>;
