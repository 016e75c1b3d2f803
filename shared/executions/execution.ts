import * as v from "valibot";
import type { StoredAgentLoop } from "../agent-loops/agent-loop.ts";
import type { Id } from "../runtime/ids.ts";
import { allNames } from "../schema/all-names.ts";
import { id, shownTime } from "../schema/fields.ts";

/** How an execution has ended. */
export const FinalStatus = v.pipe(
  v.picklist(["completed", "failed", "timeout", "cancelled"]),
  v.title("FinalStatus"),
  v.description(
    "How an execution has ended. `failed`: the execution's `error_code` says why; `timeout`: it took too long.",
  ),
);
export type FinalStatus = v.InferOutput<typeof FinalStatus>;

/** Where an execution stands. */
export const ExecutionStatus = v.pipe(
  v.picklist(["queued", "running", ...FinalStatus.options]),
  v.title("ExecutionStatus"),
  v.description("Where an execution stands; all but `queued` and `running` are for good."),
);
export type ExecutionStatus = v.InferOutput<typeof ExecutionStatus>;

/** What started an execution. */
export const Trigger = v.pipe(
  v.picklist(["api", "schedule"]),
  v.title("ExecutionTrigger"),
  v.description("What started it: a request to `run`, or the loop's schedule."),
);
export type Trigger = v.InferOutput<typeof Trigger>;

/** Why an execution failed, for programs. */
export const ExecutionErrorCode = v.pipe(
  v.picklist([
    "model_error",
    "response_too_large",
    "transcript_too_large",
    "tool_server_unreachable",
    "max_iterations_exceeded",
    "token_budget_exceeded",
    "timeout",
    "agent_loop_deleted",
    "internal_error",
  ]),
  v.title("ExecutionErrorCode"),
  v.description(
    "Why it failed. `response_too_large`: one answer of the model had a text over 256 KiB, more than 128 calls, or with its reasoning more than is kept. `transcript_too_large`: all that the model is given came to more than 4 MiB.",
  ),
);
export type ExecutionErrorCode = v.InferOutput<typeof ExecutionErrorCode>;

const count = v.pipe(v.number(), v.integer());

/** What an execution that has ended came to. */
export const ExecutionResult = v.pipe(
  v.object({
    output: v.pipe(
      v.nullable(v.string()),
      v.description("The model's last text, without its reasoning; null when it gave none."),
    ),
    iterations_used: v.pipe(count, v.description("How often the model was called.")),
    tool_calls: v.pipe(count, v.description("How many calls of tools the model made.")),
    truncated: v.pipe(
      v.optional(v.literal(true)),
      v.description(
        "There when the output was cut because the model reached its limit of tokens, and only then.",
      ),
    ),
  }),
  v.title("ExecutionResult"),
  v.description("What an execution came to; partial figures when it failed."),
);

const figures = {
  started_at: v.pipe(
    v.nullable(shownTime),
    v.description("When it began to run; null while it is queued, and when it never ran."),
  ),
  completed_at: v.pipe(v.nullable(shownTime), v.description("When it ended; null before.")),
  duration_seconds: v.pipe(
    v.nullable(v.number()),
    v.description("From its start to its end; null when one of the two is missing."),
  ),
  model: v.pipe(v.string(), v.description("The model that worked, as its provider names it.")),
  tokens_used: v.pipe(count, v.description("Tokens that the model read and wrote in all.")),
  input_tokens: v.pipe(count, v.description("Tokens that the model read, over all calls.")),
  output_tokens: v.pipe(count, v.description("Tokens that the model wrote, over all calls.")),
};

/** Times and figures of an execution, and what the caller added to them. */
export const ExecutionMetadata = v.pipe(
  allNames(v.objectWithRest(figures, v.unknown())),
  v.title("ExecutionMetadata"),
  v.description(
    "Times and figures. Where an execution is read, the `metadata` that its run was given stands beside them, and of a scheduled one `scheduled_for`, its due time.",
  ),
);

/** For what an execution waits. */
export const ExecutionWaitReason = v.pipe(
  v.picklist(["model_retry", "tool_server", "place"]),
  v.title("ExecutionWaitReason"),
  v.description(
    "For what an execution waits. `model_retry`: the model failed in a way that may pass; `tool_server`: so did an MCP server; `place`: other executions of the loop or the team wait for slow servers already, and have all the places or the memory that they may.",
  ),
);

/** A wait as the API shows it. */
export const ExecutionWait = v.pipe(
  v.object({
    until: v.pipe(shownTime, v.description("When it is tried again.")),
    reason: ExecutionWaitReason,
    attempt: v.pipe(
      count,
      v.description("How many tries in a row have come to nothing; 1 after the first."),
    ),
    last_error: v.pipe(
      v.nullable(v.string()),
      v.description("What the last try failed with, in a sentence; null for a `place`."),
    ),
  }),
  v.title("ExecutionWait"),
  v.description("Until when an execution waits, and for what."),
);
export type ExecutionWait = v.InferOutput<typeof ExecutionWait>;

/** An execution as the API shows it. */
export const Execution = v.pipe(
  v.object({
    id: id("exec"),
    agent_loop_id: id("loop"),
    agent_loop_name: v.pipe(
      v.string(),
      v.description("What the loop was called when the execution was made."),
    ),
    status: ExecutionStatus,
    trigger: Trigger,
    user_message: v.pipe(v.string(), v.description("The task with its variables filled in.")),
    result: v.pipe(
      v.nullable(ExecutionResult),
      v.description("Null until it ends; partial figures when it failed."),
    ),
    metadata: ExecutionMetadata,
    error: v.pipe(
      v.nullable(v.string()),
      v.description("What went wrong, in a sentence; null when nothing did."),
    ),
    error_code: v.nullable(ExecutionErrorCode),
    callback_delivery_id: v.pipe(
      v.nullable(id("dlv")),
      v.description("The delivery of its callback; null before it ends and without a callback."),
    ),
    waiting: v.pipe(
      v.nullable(ExecutionWait),
      v.description("Until when it waits, and for what; null when it does not."),
    ),
    created_at: shownTime,
    updated_at: shownTime,
  }),
  v.title("Execution"),
  v.description("One run of an agent loop: how far it is and what came of it."),
);
export type Execution = v.InferOutput<typeof Execution>;

/** What an execution has used so far. */
export interface Usage {
  readonly iterations: number;
  readonly tool_calls: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** Those of the input that the vendor had kept from before, where there were some. */
  readonly cached_tokens?: number;
}

/** The head of an execution as it is stored: at most 1 KB. */
export interface StoredExecution extends Usage {
  readonly id: Id<"exec">;
  readonly agent_loop_id: Id<"loop">;
  readonly agent_loop_name: string;
  /** Its dense number within the loop. */
  readonly number: number;
  readonly status: ExecutionStatus;
  readonly trigger: Trigger;
  readonly model: string;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  /** As `storedError` cuts it. */
  readonly error: string | null;
  readonly error_code: ExecutionErrorCode | null;
  /** The output was cut at the model's limit of tokens. */
  readonly truncated?: true;
  readonly callback_delivery_id: Id<"dlv"> | null;
  /** The request that cancelled it: a repeat of it is success. */
  readonly cancelled_by?: Id<"req">;
  readonly created_at: string;
  readonly updated_at: string;
}

/** The head of an execution that has ended. */
export interface EndedExecution extends StoredExecution {
  readonly status: FinalStatus;
  readonly completed_at: string;
}

/** What of a loop an execution keeps from its start; sealed values are read from the loop at use. */
export type ExecutionSettings = Pick<
  StoredAgentLoop,
  "model" | "tools" | "callback" | "max_iterations" | "timeout_seconds" | "token_budget"
>;

/** The long texts of an execution, in a row beside the head. */
export interface ExecutionText {
  readonly system_prompt: string;
  readonly user_message: string;
  /** The caller's. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly settings: ExecutionSettings;
  readonly output: string | null;
}

/** Whether this status is for good. */
export const isFinal = (status: ExecutionStatus) => status !== "queued" && status !== "running";
