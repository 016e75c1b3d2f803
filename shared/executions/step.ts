import * as v from "valibot";
import type { ToolCall } from "../models/call-model.ts";
import { id, shownTime } from "../schema/fields.ts";

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
    text: v.string(),
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
}

/** A model call as it is stored. */
export interface StoredModelStep extends StoredStepBase {
  readonly kind: "model";
  readonly status: "finished";
  readonly duration_ms: number;
  readonly text: string;
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
  readonly duration_ms: number | null;
  readonly result: string | null;
  readonly is_error: boolean | null;
}

/** A step as it is stored. */
export type StoredStep = StoredModelStep | StoredToolStep;
