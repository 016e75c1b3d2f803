import * as v from "valibot";
import type { FinishReason, ToolCall } from "../models/call-model.ts";
import { id, shownTime } from "../schema/fields.ts";
import type { Usage } from "./execution.ts";

const count = v.pipe(v.number(), v.integer());

const common = {
  id: id("step"),
  execution_id: id("exec"),
  number: v.pipe(count, v.description("Its place in the execution: dense, from 1.")),
  status: v.pipe(
    v.picklist(["started", "finished"]),
    v.title("StepStatus"),
    v.description("Whether its answer is there; only calls of tools are seen `started`."),
  ),
  started_at: v.pipe(shownTime, v.description("When the call was begun.")),
  duration_ms: v.pipe(
    v.nullable(count),
    v.description("How long the call took; null while it runs."),
  ),
};

const ToolCall = v.pipe(
  v.object({
    id: v.pipe(v.string(), v.description("The id that the model gave the call.")),
    name: v.pipe(v.string(), v.description("The tool, as the model called it: `{name}_{tool}`.")),
    arguments: v.pipe(v.unknown(), v.description("What the tool is to be given, any JSON.")),
  }),
  v.title("ToolCall"),
  v.description("A call of a tool that the model wants."),
);

/** A step of an execution as the API shows it. */
export const Step = v.pipe(
  v.variant("kind", [
    v.pipe(
      v.object({
        ...common,
        kind: v.literal("model"),
        text: v.pipe(
          v.string(),
          v.description(
            "What the model said, without a leading block of thoughts such as `<think>`, which is shown as `reasoning`.",
          ),
        ),
        reasoning: v.pipe(
          v.nullable(v.string()),
          v.description(
            "What the model thought, as far as its server shows it; cut at 32 KiB. It is no part of an output.",
          ),
        ),
        finish_reason: v.pipe(
          v.picklist(["stop", "length", "tool_calls", "content_filter", "other"]),
          v.title("FinishReason"),
          v.description(
            "Why the model stopped. `length`: at its limit of tokens, so the text is cut; `other` also when its server does not say.",
          ),
        ),
        tool_calls: v.pipe(
          v.array(ToolCall),
          v.description("The tools that the model wants called; each call is a step of its own."),
        ),
        input_tokens: v.pipe(count, v.description("Tokens that the model read in this call.")),
        output_tokens: v.pipe(count, v.description("Tokens that the model wrote in this call.")),
      }),
      v.title("ModelStep"),
      v.description("One call of the model, with what it answered."),
    ),
    v.pipe(
      v.object({
        ...common,
        kind: v.literal("tool"),
        server: v.pipe(
          v.string(),
          v.description("The `name` of the MCP server; `http` or `time` for what is built in."),
        ),
        tool: v.pipe(v.string(), v.description("The tool, as its server names it.")),
        arguments: v.pipe(v.unknown(), v.description("What the tool was given, any JSON.")),
        result: v.pipe(
          v.nullable(v.string()),
          v.description("What the tool answered, cut at 32 KiB; null while it runs."),
        ),
        is_error: v.pipe(
          v.nullable(v.boolean()),
          v.description("Whether the call failed, which the model is told; null while it runs."),
        ),
      }),
      v.title("ToolStep"),
      v.description("One call of a tool, with what it answered."),
    ),
  ]),
  v.title("Step"),
  v.description("One call of the model or of a tool, as it was stored."),
);
export type Step = v.InferOutput<typeof Step>;

interface StoredStepBase {
  readonly number: number;
  readonly started_at: string;
  /** Who appended it: a repeat of the write is told by it. */
  readonly writer: string;
  /** What the execution has used up to here, this step included. Steps of before this field have none. */
  readonly used?: Usage;
}

/** A model call as it is stored. */
export interface StoredModelStep extends StoredStepBase {
  readonly kind: "model";
  readonly status: "finished";
  readonly duration_ms: number;
  readonly text: string;
  /** Steps of before this field have none. */
  readonly finish_reason?: FinishReason;
  readonly tool_calls: readonly ToolCall[];
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cached_tokens?: number;
  /** The vendor-neutral messages that the model answered with, to be given back as they are; of `format`. */
  readonly messages: readonly unknown[];
  /** The version of the stored messages: 1 = `ModelMessage`. */
  readonly format: 1;
}

/** A tool call as it is stored. */
export interface StoredToolStep extends StoredStepBase {
  readonly kind: "tool";
  readonly status: "started" | "finished";
  readonly call_id: string;
  /** The name as the model called it. */
  readonly name: string;
  readonly server: string;
  readonly tool: string;
  readonly arguments: unknown;
  readonly arguments_json?: string;
  readonly duration_ms: number | null;
  readonly result: string | null;
  readonly is_error: boolean | null;
}

/** A step as it is stored. */
export type StoredStep = StoredModelStep | StoredToolStep;
