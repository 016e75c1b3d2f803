/**
 * A JSON value as it comes back from a table, with half surrogate pairs replaced: JSON can escape them, UTF-8 cannot
 * hold them, and a table refuses them.
 */
export const wellFormed = <T>(value: T): T =>
  // Erased: what a type of JSON values is turned into JSON and back is of that type.
  JSON.parse(JSON.stringify(value), (_, part: unknown) => mended(part)) as T;

function mended(part: unknown): unknown {
  if (typeof part === "string") return part.toWellFormed();
  if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
  if (Object.keys(part).every((key) => key.isWellFormed())) return part;
  return Object.fromEntries(Object.entries(part).map(([key, of]) => [key.toWellFormed(), of]));
}
