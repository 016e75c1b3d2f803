import type { BotStore } from "../bots/bot-store.ts";
import { notFound } from "../errors/api-error.ts";
import { BackendErrorCode } from "../integrations/backend-error-code.ts";
import { candidatesOf } from "../integrations/choose-backends.ts";
import type { StoredIntegration } from "../integrations/integration.ts";
import type { IntegrationStore } from "../integrations/integration-store.ts";
import type { Id } from "../runtime/ids.ts";
import type { BotReport } from "./bot-report.ts";
import type { DayQuery } from "./day-query.ts";
import { type DayRange, dayRange } from "./day-range.ts";
import type { CountedDay, FigureStore } from "./figure-store.ts";
import type { Figure } from "./figures.ts";
import { latencyQuantile } from "./latency-quantile.ts";
import { type Sum, sumOf } from "./sum.ts";
import { wilsonInterval } from "./wilson-interval.ts";

export interface ReportBotDeps {
  readonly bots: BotStore;
  readonly integrations: IntegrationStore;
  readonly figures: FigureStore;
}

/** How the integrations of a bot did on these days. */
export async function reportBot(
  { bots, integrations, figures }: ReportBotDeps,
  teamId: Id<"team">,
  botId: Id<"bot">,
  query: DayQuery,
  now: number,
): Promise<BotReport> {
  const range = dayRange(query, now);
  const [bot, all, counted] = await Promise.all([
    bots.find(teamId, botId),
    integrations.list(teamId, botId),
    figures.ofBot(teamId, botId, range, now),
  ]);
  if (!bot) throw notFound();
  return compare(range, all, counted);
}

/** A team that makes and deletes integrations without end gets an answer all the same. */
const mostDeleted = 100;

/** What was counted of integrations, side by side. */
function compare(
  range: DayRange,
  integrations: readonly StoredIntegration[],
  counted: readonly CountedDay[],
): BotReport {
  const total = sumOf(counted);
  const byIntegration = Map.groupBy(counted, ({ integration_id }) => integration_id);
  const known = new Map(integrations.map((one) => [one.id, one]));
  const isDeleted = ({ integration_id }: CountedDay) =>
    integration_id !== "none" && !known.has(integration_id);
  const ofDeleted = counted.filter(isDeleted);
  const deleted = new Set(ofDeleted.map(({ integration_id }) => integration_id));
  const shares = sharesOf(integrations);
  const shown = [...newestFirst(known.keys()), ...newestFirst(deleted).slice(0, mostDeleted)];
  return {
    ...range,
    weights_since: weighedAt(integrations, ofDeleted),
    integrations: shown.flatMap((integration_id) => {
      if (integration_id === "none") return [];
      const sum = sumOf(byIntegration.get(integration_id) ?? []);
      const { name = null, type = null } = known.get(integration_id) ?? {};
      const got = partOf(sum.of("asked_first"), total.of("asked_first"));
      const share = { wanted: shares(integration_id), got };
      return [{ integration_id, name, type, share, ...shownCounts(sum) }];
    }),
    unanswered: total.of("unanswered"),
    total: shownCounts(total),
  };
}

/** Ids begin with their time. */
const newestFirst = <T extends string>(ids: Iterable<T>): T[] =>
  [...ids].toSorted((one, other) => (one < other ? 1 : -1));

/** The part of the messages that an integration gets by the weights as they are. */
function sharesOf(integrations: readonly StoredIntegration[]) {
  const candidates = candidatesOf(integrations);
  const all = candidates.reduce((sum, { weight }) => sum + weight, 0);
  const weights = new Map(candidates.map(({ id, weight }) => [id, weight]));
  return (id: Id<"int">) => partOf(weights.get(id) ?? 0, all);
}

/** When it was last changed who gets which part, as far as that is known. */
function weighedAt(
  integrations: readonly StoredIntegration[],
  ofDeleted: readonly CountedDay[],
): string | null {
  const times = [
    ...integrations.map(({ weighed_at, created_at }) => weighed_at ?? created_at),
    ...ofDeleted.flatMap(({ day, counts }) => (counts.asked_first ? [`${day}T23:59:59.999Z`] : [])),
  ];
  return times.toSorted().at(-1) ?? null;
}

function shownCounts({ of, counts }: Sum<Figure>): BotReport["total"] {
  const failed = BackendErrorCode.options.map((code) => [code, of(`failed_${code}`)] as const);
  const replies = of("replies");
  const attempts = failed.reduce((sum, [, count]) => sum + count, replies);
  const [up, down] = [of("feedback_up"), of("feedback_down")];
  const latency = (part: number) => {
    const ms = latencyQuantile(part, counts);
    return ms && Math.round(ms);
  };
  return {
    attempts,
    // Each code has its entry.
    failures: Object.fromEntries(failed) as BotReport["total"]["failures"],
    replies,
    fallbacks: of("fallbacks"),
    answer_rate: rateOf(replies, attempts),
    latency_ms: { p50: latency(0.5), p95: latency(0.95) },
    tokens: {
      input: of("input_tokens"),
      output: of("output_tokens"),
      cached: of("cached_tokens"),
    },
    feedback: { up, down, rate: rateOf(up, up + down) },
  };
}

function rateOf(successes: number, trials: number) {
  if (trials === 0) return { value: null, low: null, high: null };
  const [low, high] = wilsonInterval(successes, trials);
  return { value: partOf(successes, trials), low: rounded(low), high: rounded(high) };
}

const partOf = (some: number, all: number) => (all === 0 ? null : rounded(some / all));

/** To a ten-thousandth, as a person reads it: what is exact are the counts. */
const rounded = (part: number) => Math.round(part * 10_000) / 10_000;
