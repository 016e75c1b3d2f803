/** What a JSON object may be taken for before anybody has looked at it. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is an object, and no list. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The fields of an object; what is none has no fields. */
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/** The entries of a list; what is no list has none. */
export const entriesOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : [];

/** A text; undefined for everything else. */
export const textIn = (value: unknown): string | undefined =>
  typeof value === "string" ? value : undefined;

/** A text that is not empty; undefined for everything else. */
export const wordsIn = (value: unknown): string | undefined => textIn(value) || undefined;

/** What bytes say as JSON; undefined of what is none. */
export function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
