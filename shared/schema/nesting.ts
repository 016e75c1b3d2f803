/** The most levels of lists and objects within each other that are taken from outside. */
export const mostLevels = 100;

/** Whether a JSON value is nested deeper: writing it, or walking it, could end in a stack overflow. */
export function isTooDeep(json: unknown, left = mostLevels): boolean {
  if (typeof json !== "object" || json === null) return false;
  return left === 0 || Object.values(json).some((inner) => isTooDeep(inner, left - 1));
}
