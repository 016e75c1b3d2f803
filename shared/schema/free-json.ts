import { isTooDeep, mostLevels } from "./nesting.ts";

/**
 * Says in a sentence why a value that was read from JSON cannot be kept, shown and given on as it is; undefined when it
 * can be: nested at most 100 levels deep, all numbers finite, no `bigint`, all texts without halves of characters, at most so many
 * bytes as JSON. Every key counts, whatever its name.
 */
export function problemOfFreeJson(value: unknown, mostBytes: number): string | undefined {
  if (isTooDeep(value)) return `Must be nested at most ${mostLevels} levels deep.`;
  const problem = problemWithin(value);
  if (problem !== undefined) return problem;
  if (Buffer.byteLength(JSON.stringify(value) ?? "") <= mostBytes) return undefined;
  return `Must be at most ${mostBytes / 1024} KiB as JSON.`;
}

function problemWithin(value: unknown): string | undefined {
  if (typeof value === "number") {
    return Number.isFinite(value) ? undefined : "Must have no number that is too large to be kept.";
  }
  if (typeof value === "bigint") {
    return "Must have no whole number of more than some 15 digits, which would be rounded: give it as a text.";
  }
  if (typeof value === "string") return problemOfText(value);
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, part] of Object.entries(value)) {
    const problem = problemOfText(key) ?? problemWithin(part);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const problemOfText = (text: string) =>
  text.isWellFormed() ? undefined : "Must have no half of a surrogate pair, which is no text.";
