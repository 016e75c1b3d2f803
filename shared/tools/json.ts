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

/** Reads JSON so that writing it gives the same digits: numbers beyond 2^53 are not rounded. Throws `SyntaxError`. */
export function parseWithDigits(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  try {
    return JSON.parse(text, keepDigits);
  } catch (error) {
    // The reviver cannot go as deep as the parser.
    if (error instanceof RangeError) return JSON.parse(text);
    throw error;
  }
}

// The types of this TypeScript do not know it; Node does.
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

function keepDigits(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  const isRounded = typeof value === "number" && !Number.isSafeInteger(value);
  const source = context?.source;
  return isRounded && source !== undefined && /^-?\d{16,}$/.test(source) ? rawJSON(source) : value;
}
