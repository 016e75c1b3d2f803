/**
 * A JSON value as it comes back from a table, with half surrogate pairs replaced: JSON can escape them, UTF-8 cannot
 * hold them, and a table refuses them.
 */
export const wellFormed = <T>(value: T): T =>
  // Erased: what a type of JSON values is turned into JSON and back is of that type.
  parsed(JSON.stringify(value)) as T;

// Whole pairs are written as they are: only halves are escaped.
const parsed = (json: string): unknown =>
  /\\ud[89a-f]/.test(json)
    ? JSON.parse(json, (_, part: unknown) => mended(part))
    : JSON.parse(json);

function mended(part: unknown): unknown {
  if (typeof part === "string") return part.toWellFormed();
  if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
  if (Object.keys(part).every((key) => key.isWellFormed())) return part;
  return Object.fromEntries(Object.entries(part).map(([key, of]) => [key.toWellFormed(), of]));
}
