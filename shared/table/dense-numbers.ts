import { wrongCursor } from "../errors/api-error.ts";

/** A range of dense numbers; empty when `from` is above `to`. */
export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

/** The number that a cursor's position is. Throws a 400 when it is none, as one that an earlier version gave may be. */
export function numberAt(position: string): number {
  if (!/^\d{1,12}$/.test(position)) throw wrongCursor();
  return Number(position);
}

/**
 * The numbers from 1 to `last` whose rows were made in a time, from `after` on and before `before` (ISO 8601): rows are
 * made in the order of their numbers, so each end is found by halving. `createdAt` reads the time of one number.
 */
export async function numbersOfTime(
  last: number,
  { after, before }: { readonly after: string | undefined; readonly before: string | undefined },
  createdAt: (number: number) => Promise<string | undefined>,
): Promise<NumberRange> {
  const firstAt = (time: string) => firstNumberAt(last, Date.parse(time), createdAt);
  const [from, end] = await Promise.all([
    after === undefined ? 1 : firstAt(after),
    before === undefined ? last + 1 : firstAt(before),
  ]);
  return { from, to: end - 1 };
}

/** The lowest number whose row was made at or after a time; one more than the last when there is none. */
async function firstNumberAt(
  last: number,
  time: number,
  createdAt: (number: number) => Promise<string | undefined>,
): Promise<number> {
  let low = 1;
  let high = last + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const made = await createdAt(middle);
    if (made !== undefined && Date.parse(made) >= time) high = middle;
    else low = middle + 1;
  }
  return low;
}
