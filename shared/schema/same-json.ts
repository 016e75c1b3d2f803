import { isDeepStrictEqual } from "node:util";

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

/** Whether two values say the same as JSON, whatever the order of their fields: a table keeps none. */
export const isSameJson = (one: unknown, other: unknown): boolean =>
  isDeepStrictEqual(plain(one), plain(other));
