/** Numbers may have more digits than a `number` holds, as ids of 64 bits have, or be larger. */
const longNumber = /[\d.]{16}|e\+?\d{3}/i;

/**
 * Reads JSON without losing digits: a number that a `number` cannot hold is a value that `JSON.stringify` writes as it
 * was read. Throws as `JSON.parse` does.
 */
export const parseExactly = (json: string): unknown => parseWith(json, exact);

/**
 * Reads JSON as `JSON.parse` does, but whole numbers that a `number` would round as a `bigint`: they are ids, and another
 * id is another thing. Fractions are rounded as everywhere.
 */
export const parseUnrounded = (json: string): unknown =>
  parseWith(json, (value, source) => (isRounded(value, source) ? BigInt(source) : value));

/** Reads JSON as `JSON.parse` does, but gives whole numbers that a `number` would round as texts with all their digits. */
export const parseLongNumbersAsText = (json: string): unknown =>
  parseWith(json, (value, source) => (isRounded(value, source) ? source : value));

const isRounded = (value: number, source: string) =>
  /^-?\d+$/.test(source) && !isSameNumber(String(value), source);

/** Whether reading this JSON by `JSON.parse` would lose digits. */
export const losesDigits = (json: string): boolean =>
  longNumber.test(json) && JSON.stringify(parseExactly(json)) !== JSON.stringify(JSON.parse(json));

// https://tc39.es/proposal-json-parse-with-source/ is in Node 22 and not yet in the types of TypeScript.
const reading = JSON as unknown as {
  parse(
    json: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(json: string): unknown;
};

function parseWith(json: string, read: (value: number, source: string) => unknown): unknown {
  if (!longNumber.test(json)) return JSON.parse(json);
  try {
    return reading.parse(json, (_, value, { source }) =>
      typeof value === "number" && source !== undefined ? read(value, source) : value,
    );
  } catch (error) {
    // A reviver cannot go as deep as the parser; what is so deep is refused elsewhere.
    if (error instanceof RangeError) return JSON.parse(json);
    throw error;
  }
}

const exact = (value: number, source: string): unknown =>
  isSameNumber(String(value), source) ? value : reading.rawJSON(source);

const isSameNumber = (one: string, other: string) => {
  const [a, b] = [partsOf(one), partsOf(other)];
  return a.digits === b.digits && a.exponent === b.exponent;
};

/** A number as digits without zeros around them and the power of ten that they are multiplied by. */
function partsOf(number: string) {
  const [mantissa = "", power = "0"] = number.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const sign = whole.startsWith("-") ? "-" : "";
  const digits = `${whole.replace("-", "")}${fraction}`;
  let end = digits.length;
  while (end > 0 && digits[end - 1] === "0") end--;
  let start = 0;
  while (start < end && digits[start] === "0") start++;
  if (start === end) return { digits: "0", exponent: 0 };
  return {
    digits: `${sign}${digits.slice(start, end)}`,
    exponent: Number(power) - fraction.length + (digits.length - end),
  };
}
