/**
 * A JSON value without half surrogate pairs, which JSON can escape but UTF-8 cannot hold: a table refuses them. It is the
 * value that a table would give back.
 */
export const wellFormed = <T>(value: T): T =>
  // Erased: what a type of JSON values is turned into JSON and back is of that type.
  mended(JSON.parse(JSON.stringify(value))) as T;

/** A JSON value with half surrogate pairs replaced; the very same value when there are none. */
export function mended(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const list = value.map(mended);
    return list.every((part, index) => Object.is(part, value[index])) ? value : list;
  }
  const fields = Object.entries(value);
  const written = fields.map(([key, part]) => [key.toWellFormed(), mended(part)] as const);
  const isSame = written.every(([key, part], index) => {
    const [oldKey, oldPart] = fields[index] ?? [];
    return key === oldKey && Object.is(part, oldPart);
  });
  return isSame ? value : Object.fromEntries(written);
}
