import type { Id } from "../runtime/ids.ts";
import type { DayQuery } from "./day-query.ts";
import { dayRange, daysIn } from "./day-range.ts";
import type { FigureStore, UsedDay } from "./figure-store.ts";
import { sumOf } from "./sum.ts";
import type { Usage } from "./usage.ts";

/** What a team used on each of these days, and in all of them. Days on which it used nothing are there too. */
export async function reportUsage(
  { figures }: { readonly figures: FigureStore },
  teamId: Id<"team">,
  query: DayQuery,
  now: number,
): Promise<Usage> {
  const range = dayRange(query, now);
  const counted = await figures.ofTeam(teamId, range, now);
  const byDay = Map.groupBy(counted, ({ day }) => day);
  return {
    ...range,
    days: daysIn(range).map((day) => ({ day, ...usedIn(byDay.get(day) ?? []) })),
    total: usedIn(counted),
  };
}

function usedIn(all: readonly UsedDay[]): Usage["total"] {
  const { of } = sumOf(all);
  return {
    messages: of("messages"),
    replies: of("replies"),
    executions: {
      completed: of("executions_completed"),
      failed: of("executions_failed"),
      timeout: of("executions_timeout"),
      cancelled: of("executions_cancelled"),
    },
    deliveries: of("deliveries"),
    tokens: {
      input: of("input_tokens"),
      output: of("output_tokens"),
      cached: of("cached_tokens"),
    },
  };
}
