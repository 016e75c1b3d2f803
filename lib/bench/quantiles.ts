/** Tells of values below which of them so great a share lies: 0.5 is the median. 0 without any. */
export function quantiles(values: readonly number[]): (share: number) => number {
  const sorted = values.toSorted((one, other) => one - other);
  return (share) => sorted[Math.floor(sorted.length * share)] ?? 0;
}
