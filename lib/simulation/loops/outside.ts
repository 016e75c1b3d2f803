import type { CallModel, ModelAnswer, ModelCall, ToolCall } from "#shared/models/call-model";
import type { SafeFetch } from "#shared/outbound/safe-fetch";
import {
  type OpenTools,
  type Tool,
  type ToolResult,
  ToolServerError,
} from "#shared/tools/tool-box";
import { TurnedAwayError } from "#shared/work/pace";
import { simulatedFetch } from "../simulated-fetch.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import type { LoopStory, PlannedAnswer, PlannedCall } from "./story.ts";

/** An answer that the model gave; which execution asked, its task says. */
export interface GivenAnswer {
  readonly execution: string;
  /** How many answers it had been given back. */
  readonly position: number;
  readonly calls: readonly ToolCall[];
}

/** One tool call as its server saw it. */
export interface SeenCall {
  readonly plan: PlannedCall;
  readonly results: string[];
  /** One of each result: whether its worker was turned away, and did not hear it. */
  readonly isBrokenOff: (() => boolean)[];
}

/** A callback as its receiver saw it. */
export interface SeenCallback {
  readonly id: string;
  readonly body: string;
  readonly status: number;
  /** Whether the attempt was turned away, and then made again. */
  readonly isBrokenOff: () => boolean;
}

/** What a message of the stored history says, as far as this model is concerned. */
interface History {
  readonly role: string;
  readonly given?: number;
  readonly content?: readonly { toolCallId: string; output: { value: string } }[] | string;
}

export const unknownOutcome = /^The outcome of this call is unknown/;
const notCalled = /^The tool was not called/;
const refusedCall = /^(There is no tool |Malformed)/;

/** The model, the tools and the receiver of a run: they do what the story says and remember everything. */
export class Outside {
  readonly given: GivenAnswer[] = [];
  readonly toolCalls = new Map<string, SeenCall>();
  readonly callbacks: SeenCallback[] = [];
  readonly problems: string[] = [];
  readonly #story: LoopStory;
  #outages = 0;
  readonly #failed = new Map<string, number>();
  readonly #receipts = new Map<string, number>();
  readonly #plans = new Map<string, PlannedCall>();

  constructor(story: LoopStory) {
    this.#story = story;
  }

  model(process: SimulatedProcess, execution: string): CallModel {
    return (call) => process.outside("model", call.signal, () => this.#think(execution, call));
  }

  #think(
    execution: string,
    { messages, timeout_ms }: ModelCall,
  ): { ms: number; answer: () => ModelAnswer } {
    // What is stored of answers was made below; tool results by the engine's own function.
    const history = messages as readonly History[];
    const position = history.filter(({ role }) => role === "assistant").length;
    this.#checkHistory(execution, history.slice(1));
    const plan = this.#story.answers[position] ?? this.#story.answers.at(-1);
    if (!plan) throw new Error("The story is empty.");
    const ms = Math.min(plan.ms, timeout_ms);
    const failure = this.#failure(`${execution} ${position}`, plan, timeout_ms);
    if (failure) return { ms, answer: () => failure };
    const given = this.given.length;
    const calls = plan.calls.map((planned, index): ToolCall => {
      const id = `call_${given}_${index}`;
      this.#plans.set(id, planned);
      const name =
        planned.tool === "unknown" ? "none" : planned.tool === "read" ? "read" : "effect";
      const problem = planned.tool === "malformed" && { problem: "Malformed arguments." };
      return { id, name, arguments: { id }, ...problem };
    });
    this.given.push({ execution, position, calls });
    return {
      ms,
      answer: () => ({
        ok: true,
        text: `answer ${given}`,
        finish_reason: calls.length > 0 ? "tool_calls" : "stop",
        tool_calls: calls,
        input_tokens: plan.tokens,
        output_tokens: 0,
        cached_tokens: 0,
        answered_by: null,
        status: 200,
        messages: [{ role: "assistant", given }],
      }),
    };
  }

  #failure(
    key: string,
    { failures, retryAfterMs, ms }: PlannedAnswer,
    timeoutMs: number,
  ): ModelAnswer | undefined {
    const refused = {
      ok: false,
      code: "http_error",
      status: 500,
      retry_after_ms: retryAfterMs,
      message: "No.",
    } as const;
    if (failures === undefined) return { ...refused, retryable: false };
    if (ms > timeoutMs) return { ...refused, retryable: true, message: "Timed out." };
    const failed = this.#failed.get(key) ?? 0;
    if (failed >= failures) return undefined;
    this.#failed.set(key, failed + 1);
    return { ...refused, retryable: true };
  }

  /** What the model is told must be what it said and what its tools answered. */
  #checkHistory(execution: string, history: readonly History[]): void {
    let awaited: ToolCall[] = [];
    let position = 0;
    for (const { role, given, content } of history) {
      if (role === "assistant") {
        const said = this.given[given ?? -1];
        if (said?.execution !== execution || said.position !== position++ || awaited.length > 0) {
          this.problems.push(`${execution}: the model is given back what it did not say`);
          return;
        }
        awaited = [...said.calls];
      } else {
        const [part] = typeof content === "string" ? [] : (content ?? []);
        const next = awaited.shift();
        if (!part || !next || part.toolCallId !== next.id) {
          this.problems.push(`${execution}: a tool result is missing, doubled or out of order`);
          return;
        }
        this.checkResult(next.id, part.output.value);
      }
    }
    if (awaited.length > 0) {
      this.problems.push(`${execution}: the model is asked before its tools are`);
    }
  }

  /** A tool's result must be what the tool answered, or say that it was not called or is not known. */
  checkResult(id: string, text: string): void {
    const plan = this.#plans.get(id);
    const mayBeCalled = plan?.tool === "effect" || plan?.tool === "read";
    const seen = this.toolCalls.get(id);
    const fits = mayBeCalled
      ? seen?.results.includes(text) ||
        (plan.tool === "effect" && (unknownOutcome.test(text) || (!seen && notCalled.test(text))))
      : refusedCall.test(text);
    if (!fits) this.problems.push(`${id}: the tool did not answer ${JSON.stringify(text)}`);
  }

  tools(process: SimulatedProcess): OpenTools {
    return (_, signal) =>
      process.outside("tool servers", signal, () => ({
        ms: 5,
        answer: () => {
          if (this.#story.serverIsDown) throw new ToolServerError("The server srv is down.");
          if (this.given.length > 0 && this.#outages++ < this.#story.outages) {
            throw new ToolServerError("The server srv starts again.", { mayPass: true });
          }
          return {
            tools,
            find: async (name) =>
              tools.find((one) => one.name === name) ?? { problem: `There is no tool ${name}.` },
            call: (_tool, args, aborts) =>
              process.outside("tool", aborts, () => this.#use((args as { id: string }).id, aborts)),
            close: () => Promise.resolve(),
          };
        },
      }));
  }

  #use(id: string, signal: AbortSignal): { ms: number; answer: () => ToolResult } {
    const plan = this.#plans.get(id);
    if (!plan) throw new Error(`The model never made the call ${id}.`);
    const seen = this.toolCalls.get(id) ?? { plan, results: [], isBrokenOff: [] };
    this.toolCalls.set(id, seen);
    const text = `result ${seen.results.length + 1} of ${id}`;
    seen.results.push(text);
    seen.isBrokenOff.push(() => signal.reason instanceof TurnedAwayError);
    return { ms: plan.ms, answer: () => ({ text, is_error: plan.isError }) };
  }

  receiver(process: SimulatedProcess): SafeFetch {
    return simulatedFetch(process, "receiver", (_, { headers, body, timeout_ms, signal }) => {
      const id = headers["webhook-id"] ?? "";
      const count = this.#receipts.get(id) ?? 0;
      this.#receipts.set(id, count + 1);
      const receipt = this.#story.receipts?.[count] ?? "ok";
      const status = { ok: 200, error: 500, busy: 429, timeout: 0, gone: 410 }[receipt];
      const isBrokenOff = () => signal?.reason instanceof TurnedAwayError;
      this.callbacks.push({ id, body: String(body), status, isBrokenOff });
      return {
        ms: receipt === "timeout" ? timeout_ms : 20,
        status,
        ...(receipt === "busy" && { headers: { "retry-after": "30" } }),
        text: "ok",
      };
    });
  }
}

const tools: readonly Tool[] = ["effect", "read"].map((name) => ({
  name,
  server: "srv",
  tool: name,
  description: name,
  input_schema: { type: "object" },
  mayHaveEffects: () => name === "effect",
  problemOf: () => undefined,
}));
