import type { Id } from "../runtime/ids.ts";
import { idAtEnd, prefixes } from "../table/keys.ts";
import { figureShards } from "../table/shards.ts";
import type { Item, Table } from "../table/table.ts";
import type { DayRange } from "./day-range.ts";
import type { Added, Figure, UsageFigure } from "./figures.ts";

/** What one shard counted of one integration, or of what no integration answered, on one day. */
export interface CountedDay {
  readonly day: string;
  readonly integration_id: Id<"int"> | "none";
  readonly counts: Added<Figure>;
}

/** What one shard counted of a team on one day. */
export interface UsedDay {
  readonly day: string;
  readonly counts: Added<UsageFigure>;
}

/**
 * Reads what was counted, all shards at once, at half the price: it may lag by about a second. What is past its time at
 * `now` (unix milliseconds) is not there, whenever the table removes it.
 */
export interface FigureStore {
  ofBot(teamId: Id<"team">, botId: Id<"bot">, range: DayRange, now: number): Promise<CountedDay[]>;
  ofTeam(teamId: Id<"team">, range: DayRange, now: number): Promise<UsedDay[]>;
}

/** Figures over the table. */
export function createFigureStore(table: Table): FigureStore {
  const read = async (pkOf: (shard: number) => string, { from, to }: DayRange, now: number) => {
    const ofShards = await Promise.all(
      figureShards.map((shard) =>
        // The last key of a day begins with the day.
        table.queryAll({
          pk: pkOf(shard),
          where: { between: [from, `${to}~`] },
          consistent: false,
        }),
      ),
    );
    return ofShards.flat().filter(({ remove_at }) => Number(remove_at) * 1_000 > now);
  };
  return {
    ofBot: async (teamId, botId, range, now) => {
      const rows = await read((shard) => prefixes.figures(teamId, botId, shard).pk, range, now);
      return rows.map((row) => ({
        day: dayIn(row),
        // An id or this word is all that its key has there.
        integration_id: row.sk.endsWith("#none") ? "none" : idAtEnd<"int">(row.sk),
        counts: countsIn(row),
      }));
    },

    ofTeam: async (teamId, range, now) => {
      const rows = await read((shard) => prefixes.usage(teamId, shard).pk, range, now);
      return rows.map((row) => ({ day: dayIn(row), counts: countsIn(row) }));
    },
  };
}

const dayIn = ({ sk }: Item) => sk.slice(0, 10);

function countsIn<F extends string>(row: Item): Added<F> {
  const { pk: _, sk: __, remove_at: ___, ...counts } = row;
  // `figuresPart` and `usagePart` write nothing else into these rows.
  return counts as Added<F>;
}
