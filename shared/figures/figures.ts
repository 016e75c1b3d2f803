import type { BackendErrorCode } from "../integrations/backend-error-code.ts";
import { isoTime } from "../runtime/clock.ts";
import type { Id } from "../runtime/ids.ts";
import { keys } from "../table/keys.ts";
import { figureShard } from "../table/shards.ts";
import type { Operation } from "../table/table.ts";

/** What is counted of one integration of a bot in one day (UTC); under `none` stands what no integration answered. */
export type Figure =
  /** Messages that were to be answered by it first, drawn or because their conversation stays with it. */
  | "asked_first"
  | "replies"
  /** Those of its replies that it gave in place of another. */
  | "fallbacks"
  /** Turns that got the bot's error message; only under `none`. */
  | "unanswered"
  | `failed_${BackendErrorCode}`
  /** Replies by how long they were waited for; the number is that of `bucketOf`. */
  | `latency_${number}`
  | "input_tokens"
  | "output_tokens"
  | "cached_tokens"
  | "feedback_up"
  | "feedback_down";

/** What is counted of a team in one day (UTC). */
export type UsageFigure =
  | "messages"
  | "replies"
  | "executions_completed"
  | "executions_failed"
  | "executions_timeout"
  | "executions_cancelled"
  | "deliveries"
  | "input_tokens"
  | "output_tokens"
  | "cached_tokens";

/** What to add to figures; one that is 0 or left out is not touched. */
export type Added<F extends string> = { readonly [N in F]?: number };

/** Whose figures they are, and the conversation that they come from: one of it never waits for another of it. */
export interface Counted {
  readonly bot_id: Id<"bot">;
  readonly integration_id: Id<"int"> | "none";
  readonly conversation_id: Id<"conv">;
}

/** The part of a transaction that counts something of an integration, on the day of `at` (unix milliseconds). */
export const figuresPart = (
  teamId: Id<"team">,
  { bot_id, integration_id, conversation_id }: Counted,
  at: number,
  added: Added<Figure>,
): Operation =>
  add(
    keys.figures(teamId, bot_id, figureShard(conversation_id), dayOf(at), integration_id),
    at,
    added,
  );

/** The part of a transaction that counts something of a team, on the day of `at`; `source` is the id of what is counted. */
export const usagePart = (
  teamId: Id<"team">,
  source: string,
  at: number,
  added: Added<UsageFigure>,
): Operation => add(keys.usage(teamId, figureShard(source), dayOf(at)), at, added);

const keptSeconds = 400 * 24 * 60 * 60;

const add = (
  key: ReturnType<typeof keys.usage>,
  at: number,
  added: Readonly<Record<string, number | undefined>>,
): Operation => ({
  update: key,
  change: {
    add: Object.fromEntries(
      Object.entries(added).flatMap(([name, count]) => (count ? [[name, count]] : [])),
    ),
    // By the day, so that it is the same for all that is counted in it.
    set: { remove_at: Math.floor(Date.parse(dayOf(at)) / 1_000) + keptSeconds },
  },
  mayCreate: true,
});

/** The day of a time in unix milliseconds, as `2026-01-31`, in UTC. */
export const dayOf = (at: number): string => isoTime(at).slice(0, 10);

/** Each bucket ends a fifth above the one before; the first ends at 10 ms, the last at more than four minutes. */
export const bucketEnd = (bucket: number): number => 10 * 1.2 ** bucket;

const lastBucket = 56;

/** The bucket of a latency in milliseconds: the first whose end is not below it. */
export const bucketOf = (ms: number): number =>
  Math.min(lastBucket, Math.max(0, Math.ceil(Math.log(ms / 10) / Math.log(1.2))));
