/**
 * A JSON value without half surrogate pairs, which JSON can escape but UTF-8 cannot hold: a table refuses them. The very
 * same value when there are none.
 */
export function wellFormed<T>(value: T): T;
export function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const list = value.map(wellFormed);
    return list.every((part, index) => Object.is(part, value[index])) ? value : list;
  }
  const fields = Object.entries(value);
  const written = fields.map(([key, part]) => [key.toWellFormed(), wellFormed(part)] as const);
  const isSame = written.every(([key, part], index) => {
    const [oldKey, oldPart] = fields[index] ?? [];
    return key === oldKey && Object.is(part, oldPart);
  });
  return isSame ? value : Object.fromEntries(written);
}
