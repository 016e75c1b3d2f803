/** A JSON Schema, or a document that holds some. */
export type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Finds what `#/components/schemas/Bot` points at. Throws when it points at nothing. */
export function resolve(document: Json, ref: string): Json {
  const found = ref
    .replace(/^#\//, "")
    .split("/")
    .reduce<unknown>((at, part) => {
      const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
      return isObject(at) ? at[name] : undefined;
    }, document);
  if (!isObject(found)) throw new Error(`${ref} points at nothing.`);
  return found;
}

/**
 * Says what in a value does not fit a JSON Schema (draft 2020-12) of a document; an empty list when all does.
 * Knows the keywords that our documents use, and throws at any other.
 */
export function problemsOf(document: Json, schema: unknown, value: unknown, at = "$"): string[] {
  if (schema === true) return [];
  if (!isObject(schema)) return [`${at}: nothing is allowed here`];
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    const check = keywords[keyword];
    if (!check) throw new Error(`The keyword ${keyword} at ${at} is not known.`);
    return check({ rule, value, at, schema, document });
  });
}

interface Check {
  readonly rule: unknown;
  readonly value: unknown;
  readonly at: string;
  readonly schema: Json;
  readonly document: Json;
}

const typeOf = (value: unknown) =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value;

const hasType = (type: string, value: unknown) =>
  type === "integer" ? Number.isInteger(value) : typeOf(value) === type;

const none = (): string[] => [];
const when = (wrong: boolean, message: string): string[] => (wrong ? [message] : []);
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
/** Code points, not UTF-16 units. */
const lengthOf = (text: string) => Array.from(text).length;

/** A rule about numbers, texts, lists or objects says nothing about values of other types. */
const about =
  <T>(is: (value: unknown) => value is T, breaks: (value: T, rule: number) => boolean) =>
  ({ rule, value, at, schema }: Check) =>
    when(
      is(value) && breaks(value, Number(rule)),
      `${at}: ${JSON.stringify(value).slice(0, 60)} breaks ${JSON.stringify(schema).slice(0, 120)}`,
    );

const isNumber = (value: unknown): value is number => typeof value === "number";
const isString = (value: unknown): value is string => typeof value === "string";
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

const fitting = ({ rule, value, at, document }: Check) =>
  (rule as readonly unknown[]).map((option) => problemsOf(document, option, value, at));

const formats: Readonly<Record<string, (text: string) => boolean>> = {
  "date-time": (text) => !Number.isNaN(Date.parse(text)),
  date: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)),
  uri: (text) => URL.canParse(text),
  "uri-reference": () => true,
};

const keywords: Readonly<Record<string, (check: Check) => string[]>> = {
  $ref: ({ rule, value, at, document }) =>
    problemsOf(document, resolve(document, String(rule)), value, at),
  type: ({ rule, value, at }) =>
    when(
      ![rule].flat().some((type) => hasType(String(type), value)),
      `${at}: is no ${String(rule)}`,
    ),
  enum: ({ rule, value, at }) =>
    when(
      !(rule as unknown[]).some((one) => same(one, value)),
      `${at}: ${String(value)} is not listed`,
    ),
  const: ({ rule, value, at }) => when(!same(rule, value), `${at}: is not ${String(rule)}`),
  anyOf: (check) => {
    const all = fitting(check);
    return all.some((found) => found.length === 0) ? [] : (all[0] ?? []);
  },
  oneOf: (check) => {
    const fits = fitting(check).filter((found) => found.length === 0).length;
    return when(fits !== 1, `${check.at}: fits ${fits} of the options, not one`);
  },
  allOf: (check) => fitting(check).flat(),
  not: ({ rule, value, at, document }) =>
    when(problemsOf(document, rule, value, at).length === 0, `${at}: is what it must not be`),
  properties: ({ rule, value, at, document }) =>
    !isObject(value)
      ? []
      : Object.entries(rule as Json).flatMap(([name, schema]) =>
          name in value ? problemsOf(document, schema, value[name], `${at}.${name}`) : [],
        ),
  required: ({ rule, value, at }) =>
    !isObject(value)
      ? []
      : (rule as string[]).flatMap((name) => when(!(name in value), `${at}.${name}: is missing`)),
  additionalProperties: ({ rule, value, at, schema, document }) =>
    !isObject(value)
      ? []
      : Object.keys(value)
          .filter((name) => !(name in ((schema["properties"] ?? {}) as Json)))
          .flatMap((name) => problemsOf(document, rule, value[name], `${at}.${name}`)),
  propertyNames: ({ rule, value, at, document }) =>
    !isObject(value)
      ? []
      : Object.keys(value).flatMap((name) => problemsOf(document, rule, name, `${at}.${name}`)),
  items: ({ rule, value, at, document }) =>
    !isList(value)
      ? []
      : value.flatMap((item, index) => problemsOf(document, rule, item, `${at}[${index}]`)),
  minItems: about(isList, (list, least) => list.length < least),
  maxItems: about(isList, (list, most) => list.length > most),
  uniqueItems: about(
    isList,
    (list) => new Set(list.map((one) => JSON.stringify(one))).size < list.length,
  ),
  minLength: about(isString, (text, least) => lengthOf(text) < least),
  maxLength: about(isString, (text, most) => lengthOf(text) > most),
  minimum: about(isNumber, (number, least) => number < least),
  maximum: about(isNumber, (number, most) => number > most),
  exclusiveMinimum: about(isNumber, (number, least) => number <= least),
  exclusiveMaximum: about(isNumber, (number, most) => number >= most),
  multipleOf: about(isNumber, (number, step) => number % step !== 0),
  minProperties: about(isObject, (object, least) => Object.keys(object).length < least),
  maxProperties: about(isObject, (object, most) => Object.keys(object).length > most),
  pattern: ({ rule, value, at }) =>
    when(
      isString(value) && !new RegExp(String(rule), "u").test(value),
      `${at}: ${String(value)} does not match ${String(rule)}`,
    ),
  format: ({ rule, value, at }) => {
    const fits = formats[String(rule)];
    if (!fits) throw new Error(`The format ${String(rule)} at ${at} is not known.`);
    return when(isString(value) && !fits(value), `${at}: is no ${String(rule)}`);
  },
  title: none,
  description: none,
  default: none,
  examples: none,
  discriminator: none,
  readOnly: none,
  writeOnly: none,
  "x-extensible-enum": none,
};
