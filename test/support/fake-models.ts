import type { ModelAnswer, ModelCall } from "#shared/models/call-model";
import { type Answer, answers } from "#test/support/fake-backend";

type Model = ModelCall["model"];
/** Who makes models. */
export type Vendor = Exclude<Model["provider"], "echo">;

/** What a fake model is to say in one answer. */
export interface Said {
  readonly text?: string;
  readonly calls?: readonly {
    readonly id: string;
    readonly name: string;
    readonly args: unknown;
  }[];
  readonly thought?: string;
  /** Default: `calls` when there are any, else `stop`. */
  readonly finish?: keyof (typeof finishes)["openai"];
  readonly tokens?: readonly [input: number, output: number];
  /** Tokens that were kept from an earlier call; with OpenAI's interface they are among those of the input. */
  readonly cached?: number;
  /** Which model says it. */
  readonly model?: string;
}

const finishes = {
  openai: { stop: "stop", calls: "tool_calls", length: "length", filter: "content_filter" },
  anthropic: { stop: "end_turn", calls: "tool_use", length: "max_tokens", filter: "refusal" },
  bedrock: {
    stop: "end_turn",
    calls: "tool_use",
    length: "max_tokens",
    filter: "content_filtered",
  },
} as const;

const finishOf = (vendor: Vendor, { finish, calls }: Said) =>
  finishes[vendor][finish ?? (calls ? "calls" : "stop")];

/** The signature that fake thoughts carry. */
export const thoughtSignature = "ErUBCkYIBxgCIkDZ9k+signature";

/** Bodies of successful answers in each vendor's wire format. */
const bodies: Record<Vendor, (said: Said) => unknown> = {
  openai: (said) => ({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_795_000_000,
    model: said.model ?? "fake",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: said.text ?? null,
          ...(said.thought && { reasoning_content: said.thought }),
          ...(said.calls && {
            tool_calls: said.calls.map(({ id, name, args }) => ({
              id,
              type: "function",
              function: {
                name,
                arguments: typeof args === "string" ? args : JSON.stringify(args),
              },
            })),
          }),
        },
        finish_reason: finishOf("openai", said),
      },
    ],
    ...(said.tokens && {
      usage: {
        prompt_tokens: said.tokens[0],
        completion_tokens: said.tokens[1],
        total_tokens: said.tokens[0] + said.tokens[1],
        ...(said.cached && { prompt_tokens_details: { cached_tokens: said.cached } }),
      },
    }),
  }),
  anthropic: (said) => ({
    id: "msg_01",
    type: "message",
    role: "assistant",
    model: said.model ?? "fake",
    content: [
      ...(said.thought === undefined
        ? []
        : [{ type: "thinking", thinking: said.thought, signature: thoughtSignature }]),
      ...(said.text === undefined ? [] : [{ type: "text", text: said.text }]),
      ...(said.calls ?? []).map(({ id, name, args }) => ({
        type: "tool_use",
        id,
        name,
        input: args,
      })),
    ],
    stop_reason: finishOf("anthropic", said),
    stop_sequence: null,
    usage: {
      input_tokens: said.tokens?.[0] ?? 0,
      output_tokens: said.tokens?.[1] ?? 0,
      ...(said.cached && { cache_read_input_tokens: said.cached }),
    },
  }),
  bedrock: (said) => ({
    output: {
      message: {
        role: "assistant",
        content: [
          ...(said.thought === undefined
            ? []
            : [
                {
                  reasoningContent: {
                    reasoningText: { text: said.thought, signature: thoughtSignature },
                  },
                },
              ]),
          ...(said.text === undefined ? [] : [{ text: said.text }]),
          ...(said.calls ?? []).map(({ id, name, args }) => ({
            toolUse: { toolUseId: id, name, input: args },
          })),
        ],
      },
    },
    stopReason: finishOf("bedrock", said),
    usage: {
      inputTokens: said.tokens?.[0] ?? 0,
      outputTokens: said.tokens?.[1] ?? 0,
      totalTokens: (said.tokens?.[0] ?? 0) + (said.tokens?.[1] ?? 0),
      ...(said.cached && { cacheReadInputTokens: said.cached }),
    },
    metrics: { latencyMs: 12 },
  }),
};

/** The body of a successful answer, as JSON. */
export const bodySaid = (vendor: Vendor, said: Said): string =>
  JSON.stringify(bodies[vendor](said));

/** The answer of a fake backend that stands for a vendor's model. */
export const modelSays = (vendor: Vendor, said: Said): Answer => answers.json(bodies[vendor](said));

/** The vendor's model at a server, with a key. */
export const fakeModel = (vendor: Vendor, url: string, changes: Partial<Model> = {}): Model => ({
  provider: vendor,
  name: vendor === "openai" ? "gpt-4o" : "claude-sonnet-4-5",
  base_url: vendor === "bedrock" ? url : `${url}/v1`,
  api_key: "sk-fake-0123456789",
  headers: {},
  temperature: null,
  max_output_tokens: null,
  ...changes,
});

/** A call of a model with what is usual. */
export const modelCall = (model: Model, changes: Partial<ModelCall> = {}): ModelCall => ({
  model,
  system_prompt: "You are a clerk.",
  messages: [{ role: "user", content: "What is the time?" }],
  tools: [],
  timeout_ms: 10_000,
  signal: new AbortController().signal,
  ...changes,
});

/** The answer, which must be one. */
export function answered(answer: ModelAnswer): Extract<ModelAnswer, { ok: true }> {
  if (!answer.ok) throw new Error(`Not answered: ${answer.message}`);
  return answer;
}

/** As messages come back from the table in another process. */
export const afterRestart = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
