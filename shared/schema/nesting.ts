/** The most levels of lists and objects within each other that are taken from outside. */
export const mostLevels = 100;

/** Whether a JSON value is nested deeper: writing it, or walking it, could end in a stack overflow. */
export function isTooDeep(json: unknown, left = mostLevels): boolean {
  if (typeof json !== "object" || json === null) return false;
  return left === 0 || Object.values(json).some((inner) => isTooDeep(inner, left - 1));
}

/** Whether JSON has more lists and objects than so many. What does can take seconds to read, in which nobody else is served. */
export function hasMoreParts(json: string, most: number): boolean {
  let parts = 0;
  for (let at = 0; at < json.length && parts <= most; at += 1) {
    const character = json[at];
    if (character === '"') at = endOfText(json, at + 1);
    else if (character === "[" || character === "{") parts += 1;
  }
  return parts > most;
}

/**
 * Where a text of JSON that begins here has its last quotation mark. None goes over a line's end: so a mark that begins
 * none, in a line before the JSON, hides nothing behind it.
 */
export function endOfText(json: string, from: number): number {
  let at = from;
  while (at < json.length && json[at] !== '"' && json[at] !== "\n") {
    at += json[at] === "\\" && json[at + 1] !== "\n" ? 2 : 1;
  }
  return at;
}
