/** What a JSON object may be taken for before anybody has looked at it. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is an object, and no list. */
export const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A value's fields; what is no object has none. */
export const fieldsIn = (value: unknown): Fields => (isObject(value) ? value : {});

/** A text; undefined for everything else. */
export const textIn = (value: unknown): string | undefined =>
  typeof value === "string" ? value : undefined;
