import * as v from "valibot";
import { id } from "../schema/fields.ts";
import { Execution, ExecutionMetadata, ExecutionResult, FinalStatus } from "./execution.ts";

/** What the callback of an execution tells, and the event of its end. */
export const CallbackPayload = v.pipe(
  v.object({
    agent_loop_id: id("loop"),
    agent_loop_name: Execution.entries.agent_loop_name,
    execution_id: id("exec"),
    status: FinalStatus,
    result: v.nullable(ExecutionResult),
    metadata: ExecutionMetadata,
    error: Execution.entries.error,
  }),
  v.title("AgentLoopResult"),
  v.description("How an execution of an agent loop has ended, and what came of it."),
);
export type CallbackPayload = v.InferOutput<typeof CallbackPayload>;
