import { parseExactly } from "../schema/exact-json.ts";
import type { FileRefusal } from "./file-refusal.ts";

/** Which model is called and how it is tuned; its secrets stand beside these settings. */
export interface ModelSettings {
  readonly provider: "openai" | "anthropic" | "bedrock" | "echo";
  readonly name: string;
  readonly base_url: string | null;
  readonly temperature: number | null;
  readonly max_output_tokens: number | null;
}

/** A call of a tool as the model made it. `problem` says why its arguments cannot be used. */
export interface ToolCall {
  readonly id: string;
  /** `{server}_{tool}`, as the model was told. */
  readonly name: string;
  readonly arguments: unknown;
  /** The arguments as JSON, where their numbers have more digits than `arguments` holds. */
  readonly arguments_json?: string;
  readonly problem?: string;
}

/** The arguments of a call with all digits of their numbers: `JSON.stringify` writes them as the model did. */
export const exactArguments = (call: Pick<ToolCall, "arguments" | "arguments_json">): unknown =>
  call.arguments_json === undefined ? call.arguments : parseExactly(call.arguments_json);

/** Why a model stopped; `other` also when its server does not say. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "other";

/** A tool as a model is told of it. */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments, an object. */
  readonly input_schema: Readonly<Record<string, unknown>>;
}

/** One call of a model. `model` has its secrets opened. */
export interface ModelCall {
  readonly model: ModelSettings & {
    readonly api_key: string | undefined;
    readonly headers: Readonly<Record<string, string>>;
  };
  readonly system_prompt: string;
  /** `ModelMessage`, as JSON: the user's task, then stored answers and tool results in order. */
  readonly messages: readonly unknown[];
  readonly tools: readonly ModelTool[];
  /** By what stands for their bytes in `messages`. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
  readonly timeout_ms: number;
  readonly signal: AbortSignal;
}

/** Why a model gave no answer: `http_error` for a status that is no success, `invalid_response` for a useless success. */
export type ModelFailureCode =
  | "timeout"
  | "network_error"
  | "http_error"
  | "invalid_response"
  | "response_too_large"
  | "url_not_allowed";

/** What a call came to. Nothing but an abort by `signal` is thrown. */
export type ModelAnswer =
  | {
      readonly ok: true;
      /** Without a leading block of `<think>`, which stands in `messages` alone. */
      readonly text: string;
      readonly finish_reason: FinishReason;
      readonly tool_calls: readonly ToolCall[];
      readonly input_tokens: number;
      readonly output_tokens: number;
      /** Those of `input_tokens` that the vendor had kept from an earlier call. */
      readonly cached_tokens: number;
      /** Which model answered, as its server calls it; null when it does not say. */
      readonly answered_by: string | null;
      /** The HTTP status; null when nothing was called. */
      readonly status: number | null;
      /** To be stored and given back in `messages` of later calls. */
      readonly messages: readonly unknown[];
    }
  | {
      readonly ok: false;
      readonly code: ModelFailureCode;
      /** The HTTP status; null when no answer came. */
      readonly status: number | null;
      /** Whether the same call may succeed later: 429, 5xx, connection errors, timeouts. */
      readonly retryable: boolean;
      readonly retry_after_ms: number | undefined;
      /** The vendor's words where there are any; never a secret. */
      readonly message: string;
      /** Of a call with files that was refused because of them. */
      readonly file_refusal?: FileRefusal;
    };

/** Asks a model once, in other words where it refuses ours: no retries, no tools run, no sleeping. */
export type CallModel = (call: ModelCall) => Promise<ModelAnswer>;
