import { validationError } from "../aws-error.ts";

/** A decimal as ± d.ddd × 10^exponent, without leading or trailing zeros; zero has no digits. */
interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

const shortPattern = /^(?:0|-?[1-9]\d{0,14})$/;
const decimalPattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;
const maxDigits = 38;
const maxExponent = 125;
const minExponent = -130;

/** The number as DynamoDB returns it: plain, without superfluous zeros. Refuses more than 38 digits, and what is out of range. */
export function normalizeNumber(text: string): string {
  if (shortPattern.test(text)) return text;
  return print(parse(text));
}

/** Negative, zero or positive as a is less than, equal to or greater than b. */
export function compareNumbers(a: string, b: string): number {
  if (shortPattern.test(a) && shortPattern.test(b)) return Number(a) - Number(b);
  const left = numberSortKey(a);
  const right = numberSortKey(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The exact sum; refused when it does not fit into 38 digits. */
export function addNumbers(a: string, b: string): string {
  if (shortPattern.test(a) && shortPattern.test(b)) return String(Number(a) + Number(b));
  return sum(parse(a), parse(b));
}

/** The exact difference; refused when it does not fit into 38 digits. */
export function subtractNumbers(a: string, b: string): string {
  if (shortPattern.test(a) && shortPattern.test(b)) return String(Number(a) - Number(b));
  const right = parse(b);
  return sum(parse(a), { ...right, negative: !right.negative });
}

/** A text whose byte order is the order of the numbers. */
export function numberSortKey(text: string): string {
  const { negative, digits, exponent } = parse(text);
  if (digits === "") return "1";
  const magnitude = String(exponent + 500).padStart(3, "0") + digits;
  if (!negative) return `2${magnitude}`;
  // The nines' complement turns the order round; the tilde puts a longer fraction before its own prefix.
  return `0${magnitude.replace(/\d/g, (digit) => String(9 - Number(digit)))}~`;
}

/** Bytes a number takes: one per two significant digits, one more, and one for a minus sign. */
export function numberSize(text: string): number {
  const { negative, digits, exponent } = parse(text);
  if (digits === "") return 1;
  // Digits are stored in pairs aligned to the decimal point, so an odd exponent may cost one pair more.
  const odd = digits.length % 2 === 1 || exponent % 2 !== 0;
  return 1 + Math.ceil(digits.length / 2) + (odd ? 0 : 1) + (negative ? 1 : 0);
}

function parse(text: string): Decimal {
  return shortPattern.test(text) ? parseInteger(text) : parseDecimal(text);
}

/** Most numbers; the pattern of the others takes several times as long. */
function parseInteger(text: string): Decimal {
  const negative = text.charCodeAt(0) === 45;
  const start = negative ? 1 : 0;
  let end = text.length;
  while (end > start && text.charCodeAt(end - 1) === 48) end -= 1;
  const exponent = end === start ? 0 : text.length - 1 - start;
  return { negative, digits: text.slice(start, end), exponent };
}

function parseDecimal(text: string): Decimal {
  const match = decimalPattern.exec(text);
  const whole = match?.[2] ?? "";
  const fraction = match?.[3] ?? "";
  if (match === null || whole + fraction === "") {
    throw validationError(
      text === ""
        ? "The parameter cannot be converted to a numeric value"
        : `The parameter cannot be converted to a numeric value: ${text}`,
    );
  }
  const all = whole + fraction;
  let start = 0;
  while (start < all.length && all.charCodeAt(start) === 48) start += 1;
  if (start === all.length) return { negative: false, digits: "", exponent: 0 };
  let end = all.length;
  while (all.charCodeAt(end - 1) === 48) end -= 1;
  const decimal = {
    negative: match[1] === "-",
    digits: all.slice(start, end),
    exponent: whole.length - 1 - start + Number(match[4] ?? 0),
  };
  checkRange(decimal);
  return decimal;
}

function checkRange({ digits, exponent }: Decimal): void {
  if (exponent > maxExponent) {
    throw validationError(
      "Number overflow. Attempting to store a number with magnitude larger than supported range",
    );
  }
  if (exponent < minExponent) {
    throw validationError(
      "Number underflow. Attempting to store a number with magnitude smaller than supported range",
    );
  }
  if (digits.length > maxDigits) {
    throw validationError("Attempting to store more than 38 significant digits in a Number");
  }
}

function print({ negative, digits, exponent }: Decimal): string {
  if (digits === "") return "0";
  const sign = negative ? "-" : "";
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, "0");
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

function sum(a: Decimal, b: Decimal): string {
  const scale = Math.min(lowestPlace(a), lowestPlace(b));
  const total = scaled(a, scale) + scaled(b, scale);
  return print(parse(`${total}e${scale}`));
}

const lowestPlace = ({ digits, exponent }: Decimal) => exponent - digits.length + 1;

function scaled(decimal: Decimal, scale: number): bigint {
  if (decimal.digits === "") return 0n;
  const magnitude = BigInt(decimal.digits) * 10n ** BigInt(lowestPlace(decimal) - scale);
  return decimal.negative ? -magnitude : magnitude;
}
