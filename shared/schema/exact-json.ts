import { randomUUID } from "node:crypto";
import { endOfText } from "./nesting.ts";

/** Numbers may have more digits than a `number` holds, as ids of 64 bits have, or be larger. */
const longNumber = /[\d.]{16}|e\+?\d{3}/i;

/**
 * Reads JSON without losing digits: a number that a `number` cannot hold is a value that `JSON.stringify` writes as it
 * was read. Throws as `JSON.parse` does.
 */
export const parseExactly = (json: string): unknown => parseWith(json, exact);

/**
 * Reads JSON as `JSON.parse` does, but whole numbers that a `number` would round as a `bigint`: they are ids, and another
 * id is another thing. Fractions are rounded as everywhere. For bodies of some 100 KB: more takes long.
 */
export function parseUnrounded(json: string): unknown {
  if (!longNumber.test(json)) return JSON.parse(json);
  try {
    return engine.parse(json, (_, value, { source }) =>
      typeof value === "number" && source !== undefined && isRounded(value, source)
        ? BigInt(source)
        : value,
    );
  } catch (error) {
    // It cannot go as deep as the parser; what is so deep is refused elsewhere.
    if (error instanceof RangeError) return JSON.parse(json);
    throw error;
  }
}

/** Reads JSON as `JSON.parse` does, but gives whole numbers that a `number` would round as texts with all their digits. */
export const parseLongNumbersAsText = (json: string): unknown =>
  parseWith(json, (value, source) => (isRounded(value, source) ? source : value));

const isRounded = (value: number, source: string) =>
  /^-?\d+$/.test(source) && !isSameNumber(String(value), source);

/** Whether reading this JSON by `JSON.parse` would lose digits. */
export const losesDigits = (json: string): boolean =>
  longNumber.test(json) && JSON.stringify(parseExactly(json)) !== JSON.stringify(JSON.parse(json));

// https://tc39.es/proposal-json-parse-with-source/ is in Node 22 and not yet in the types of TypeScript.
const engine = JSON as unknown as {
  parse(
    json: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(json: string): unknown;
};

/**
 * Reads JSON with other values in the place of long numbers, which are found in its text: a function that `JSON.parse`
 * calls for each value takes seconds for an answer of some MiB, in which nobody else is served.
 */
function parseWith(json: string, read: (value: number, source: string) => unknown): unknown {
  if (!longNumber.test(json)) return JSON.parse(json);
  // Drawn anew, so that no text of a stranger begins so.
  const mark = randomUUID();
  const found: unknown[] = [];
  try {
    const marked = outsideOfTexts(json, (part) =>
      part.replace(longToken, (source) => {
        if (!isNumber.test(source)) return source;
        const value = Number(source);
        const wanted = read(value, source);
        return wanted === value ? source : `"${mark}${found.push(wanted) - 1}"`;
      }),
    );
    return unmarked(JSON.parse(marked), mark, found);
  } catch {
    // In the words of what was given; and what ends the stack, by its levels or some million digits, is read without care.
    return JSON.parse(json);
  }
}

/** What `longNumber` finds, as a whole; where a name of a field should stand, it stays what cannot be read. */
const longToken = /(?<![\w.+-])-?(?:[\d.]{16,}(?:e[+-]?\d+)?|[\d.]+e[+-]?\d{3,})(?![\w.+-]|\s*:)/gi;

const isNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** The shortest of them is as `1e400`. */
const shortestToken = 5;

/** Changes what stands between the texts of JSON. */
function outsideOfTexts(json: string, change: (part: string) => string): string {
  let changed = "";
  let taken = 0;
  for (let at = 0; at < json.length;) {
    const text = json.indexOf('"', at);
    const end = text < 0 ? json.length : text;
    if (end - at >= shortestToken) {
      const part = json.slice(at, end);
      const other = change(part);
      if (other !== part) {
        changed += json.slice(taken, at) + other;
        taken = end;
      }
    }
    at = endOfText(json, end + 1) + 1;
  }
  return changed + json.slice(taken);
}

/** Puts what was found in the place of its marks. */
function unmarked(root: unknown, mark: string, found: readonly unknown[]): unknown {
  let left = found.length;
  const valueOf = (value: unknown): unknown => {
    if (typeof value === "string" && value.startsWith(mark)) {
      left -= 1;
      return found[Number(value.slice(mark.length))];
    }
    if (typeof value === "object" && value !== null) fill(value);
    return value;
  };
  const fill = (parent: object) => {
    if (Array.isArray(parent)) {
      for (let at = 0; at < parent.length && left > 0; at += 1) parent[at] = valueOf(parent[at]);
      return;
    }
    for (const [name, value] of Object.entries(parent)) {
      if (left === 0) return;
      const other: unknown = valueOf(value);
      // Defined, because a field may be called `__proto__`.
      if (other !== value) Object.defineProperty(parent, name, { value: other });
    }
  };
  return valueOf(root);
}

const exact = (value: number, source: string): unknown =>
  isSameNumber(String(value), source) ? value : engine.rawJSON(source);

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
