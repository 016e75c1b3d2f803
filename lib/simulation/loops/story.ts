import { worker } from "#functions/workers/executions/worker";
import type { Schedule } from "#shared/agent-loops/schedule-config";
import type { Draws } from "../draws.ts";

/** A tool call that the model will make. */
export interface PlannedCall {
  readonly tool: "effect" | "read" | "unknown" | "malformed";
  readonly ms: number;
  readonly isError: boolean;
}

/** What the model does once it has been given so many of its own answers. */
export interface PlannedAnswer {
  readonly ms: number;
  /** So many calls fail first, in a way that may pass; undefined: each fails for good. */
  readonly failures: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly calls: readonly PlannedCall[];
  readonly tokens: number;
}

/** How an execution should end when nothing goes wrong. */
export type Ending =
  | "completed"
  | "timeout"
  | "model_error"
  | "max_iterations_exceeded"
  | "token_budget_exceeded"
  | "tool_server_unreachable";

/** What the receiver of callbacks answers, try by try; then 200. */
export type PlannedReceipt = "ok" | "error" | "busy" | "timeout" | "gone";

/** What happens to the executions of a loop. */
export interface LoopStory {
  readonly answers: readonly PlannedAnswer[];
  readonly serverIsDown: boolean;
  /** So often the tool server cannot be reached once the model has answered. */
  readonly outages: number;
  readonly maxIterations: number;
  readonly tokenBudget: number | null;
  readonly timeoutSeconds: number;
  /** How long a function of the worker may run. */
  readonly functionSeconds: number;
  /** Undefined: no callback. */
  readonly receipts: readonly PlannedReceipt[] | undefined;
  readonly start: { readonly by: "api" } | { readonly by: "schedule"; readonly schedule: Schedule };
  /** What a user does meanwhile, so many milliseconds after the start. */
  readonly meanwhile: { readonly does: "cancel" | "delete"; readonly ms: number } | undefined;
}

const call = (tool: PlannedCall["tool"], ms = 20): PlannedCall => ({ tool, ms, isError: false });
const answer = (calls: readonly PlannedCall[], ms = 300): PlannedAnswer => ({
  ms,
  failures: 0,
  retryAfterMs: undefined,
  calls,
  tokens: 10,
});

const plain: LoopStory = {
  answers: [answer([call("read"), call("effect")]), answer([])],
  serverIsDown: false,
  outages: 0,
  maxIterations: 10,
  tokenBudget: null,
  timeoutSeconds: 900,
  functionSeconds: worker.timeoutSeconds,
  receipts: ["ok"],
  start: { by: "api" },
  meanwhile: undefined,
};

/** An execution of two model calls, two tools and a callback, and what else can be its fate. */
export const knownStories: readonly [LoopStory, ...LoopStory[]] = [
  plain,
  { ...plain, answers: [{ ...answer([call("effect", 9_000)], 8_000), failures: 2 }, answer([])] },
  { ...plain, meanwhile: { does: "cancel", ms: 315 }, receipts: ["error", "ok"] },
  { ...plain, meanwhile: { does: "delete", ms: 315 } },
  {
    ...plain,
    start: { by: "schedule", schedule: { every_minutes: 1, overlap: "skip" } },
    meanwhile: { does: "delete", ms: 130_000 },
  },
];

/** A story by chance. */
export function randomStory(draws: Draws): LoopStory {
  const length = draws.pick([1, 1, 2, 2, 3, 4, 6]);
  const slow = draws.chance(0.03);
  const answers = Array.from({ length }, (_, index) =>
    randomAnswer(draws, index === length - 1, slow),
  );
  const used = answers.reduce((sum, { tokens }) => sum + tokens, 0);
  const scheduled = draws.chance(0.12);
  const does = draws.chance(0.6) ? "cancel" : "delete";
  const ms = draws.whole(0, draws.pick([500, 5_000, 60_000]));
  return {
    answers,
    serverIsDown: draws.chance(0.03),
    outages: draws.chance(0.1) ? draws.pick([1, 1, 2, 3, 7]) : 0,
    maxIterations: draws.chance(0.1) ? draws.whole(1, length) : 10,
    tokenBudget: draws.chance(0.1) ? draws.whole(1, used) : null,
    timeoutSeconds: draws.chance(0.15) ? draws.whole(10, 60) : draws.pick([300, 900, 3_600]),
    functionSeconds: draws.chance(0.15) ? draws.whole(320, 600) : worker.timeoutSeconds,
    receipts: draws.chance(0.8) ? randomReceipts(draws) : undefined,
    start: scheduled ? { by: "schedule", schedule: randomSchedule(draws) } : { by: "api" },
    meanwhile: scheduled
      ? { does: "delete", ms: draws.whole(20_000, 260_000) }
      : draws.chance(0.25)
        ? { does, ms }
        : undefined,
  };
}

function randomAnswer(draws: Draws, isLast: boolean, slow: boolean): PlannedAnswer {
  const calls = isLast ? 0 : draws.pick([1, 1, 1, 2, 3]);
  const fails = draws.chance(0.15);
  return {
    ms: slow
      ? draws.whole(1_000, 280_000)
      : draws.whole(1, draws.pick([20, 300, 1_000, 2_000, 12_000])),
    failures: draws.chance(0.02) ? undefined : fails ? draws.pick([1, 1, 2, 3, 5, 7]) : 0,
    retryAfterMs: fails && draws.chance(0.4) ? draws.whole(0, 90_000) : undefined,
    calls: Array.from({ length: calls }, () => ({
      tool: draws.pick(["effect", "effect", "effect", "read", "read", "unknown", "malformed"]),
      ms: draws.whole(0, draws.pick([10, 100, 500, 1_000, 15_000])),
      isError: draws.chance(0.15),
    })),
    tokens: draws.whole(0, 50),
  };
}

const randomReceipts = (draws: Draws): readonly PlannedReceipt[] =>
  Array.from({ length: draws.pick([0, 0, 0, 1, 1, 2]) }, () =>
    draws.pick(["error", "error", "busy", "timeout", "gone"]),
  );

const randomSchedule = (draws: Draws): Schedule => {
  const overlap = draws.chance(0.5) ? "skip" : "allow";
  return draws.chance(0.2)
    ? { cron: draws.pick(["* * * * *", "*/2 * * * *"]), timezone: "Europe/Berlin", overlap }
    : { every_minutes: draws.whole(1, 2), overlap };
};
