import * as v from "valibot";
import type { FinishReason, ToolCall } from "../models/call-model.ts";
import { id, shownTime } from "../schema/fields.ts";
import type { Usage } from "./execution.ts";

const count = v.pipe(v.number(), v.integer());

const common = {
  id: id("step"),
  execution_id: id("exec"),
  number: v.pipe(count, v.description("Dense, from 1.")),
  status: v.picklist(["started", "finished"]),
  started_at: shownTime,
  duration_ms: v.nullable(count),
};

/** A step of an execution as the API shows it. */
export const Step = v.variant("kind", [
  v.object({
    ...common,
    kind: v.literal("model"),
    text: v.pipe(
      v.string(),
      v.description("Without a leading `<think>` block, which is shown as `reasoning`."),
    ),
    reasoning: v.pipe(
      v.nullable(v.string()),
      v.description(
        "What the model thought, as far as its server shows it; cut at 32 KiB. It is no part of an output.",
      ),
    ),
    finish_reason: v.pipe(
      v.picklist(["stop", "length", "tool_calls", "content_filter", "other"]),
      v.description(
        "Why the model stopped. `length`: at its limit of tokens, so the text is cut; `other` also when its server does not say.",
      ),
    ),
    tool_calls: v.array(v.object({ id: v.string(), name: v.string(), arguments: v.unknown() })),
    input_tokens: count,
    output_tokens: count,
  }),
  v.object({
    ...common,
    kind: v.literal("tool"),
    server: v.string(),
    tool: v.string(),
    arguments: v.unknown(),
    result: v.pipe(v.nullable(v.string()), v.description("Cut at 32 KiB.")),
    is_error: v.nullable(v.boolean()),
  }),
]);
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
  /** The vendor-neutral messages that the model answered with, to be given back as they are; of `format`. */
  readonly messages: readonly unknown[];
  /** The version of the stored messages: 1 = `ModelMessage` of `ai` 7. */
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
