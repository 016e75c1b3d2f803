import type { Id } from "../runtime/ids.ts";
import type { Operation } from "../table/table.ts";
import { type Added, dayOf, type UsageFigure, usagePart } from "./figures.ts";
import { sumOf } from "./sum.ts";

/** Something that is counted of a team, and when it was; unix milliseconds. */
export interface Use {
  readonly at: number;
  readonly counts: Added<UsageFigure>;
}

/**
 * The parts of a transaction that count what happened in it of a team, one for each day, since a row is in a transaction
 * once. `source`: the id of what that belongs to. Of nothing there is none.
 */
export function usageParts(
  teamId: Id<"team">,
  source: string,
  uses: readonly Use[],
): Readonly<Partial<Record<`usage_${string}`, Operation>>> {
  const days = Map.groupBy(uses, ({ at }) => dayOf(at));
  const parts = [...days].flatMap(([day, ofDay]) => {
    const { counts } = sumOf(ofDay);
    const [first] = ofDay;
    return first && Object.values(counts).some((count) => count > 0)
      ? [[`usage_${day}`, usagePart(teamId, source, first.at, counts)] as const]
      : [];
  });
  return Object.fromEntries(parts);
}

const tokenNames = ["input_tokens", "output_tokens", "cached_tokens"] as const;
/** More cannot be meant: it would only drown what is counted beside it. */
const mostTokens = 1_000_000_000;

/** The tokens that a stranger says were used; what is no whole number of them counts as none. */
export function tokensIn(usage: unknown): Added<(typeof tokenNames)[number]> {
  if (typeof usage !== "object" || usage === null) return {};
  const given = new Map<string, unknown>(Object.entries(usage));
  return Object.fromEntries(
    tokenNames.flatMap((name) => {
      const count = given.get(name);
      const isCount = typeof count === "number" && Number.isInteger(count) && count > 0;
      return isCount ? [[name, Math.min(count, mostTokens)]] : [];
    }),
  );
}
