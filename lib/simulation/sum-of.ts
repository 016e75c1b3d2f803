/** Figures of several added up by their names. */
export function sumOf(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const [name, number] of all.flatMap((one) => Object.entries(one))) {
    sum[name] = (sum[name] ?? 0) + number;
  }
  return sum;
}
