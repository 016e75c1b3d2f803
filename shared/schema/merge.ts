const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A copy of `base` with the fields that `patch` has; what is undefined stays, nested objects merge. */
export function merged<T extends object>(base: T, patch: object): T {
  const result: Record<string, unknown> = Object.fromEntries(Object.entries(base));
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    const before = result[name];
    result[name] = isRecord(before) && isRecord(value) ? merged(before, value) : value;
  }
  // A patch's schema has only fields of the base's, with the same types.
  return result as T;
}
