import * as v from "valibot";
import { type Id, idPattern } from "../runtime/ids.ts";
import { type IdPrefix, nouns } from "../runtime/nouns.ts";
import { allNames } from "./all-names.ts";
import { problemOfFreeJson } from "./free-json.ts";
import { isTooDeep, mostLevels } from "./nesting.ts";

const codePoints = (text: string) => {
  let length = 0;
  for (const _ of text) length++;
  return length;
};

/** A string of so many code points (not UTF-16 units), without lone surrogates. */
export const text = (min: number, max: number) =>
  v.pipe(
    v.string("Must be a string."),
    v.check(
      (value) => value.length >= min && codePoints(value) <= max,
      min === 0
        ? `Must be at most ${max} characters long.`
        : `Must be ${min} to ${max} characters long.`,
    ),
    v.check((value) => value.isWellFormed(), "Holds half of a surrogate pair, which is no text."),
    // The converter of the reference reads these, since it cannot read a check.
    v.metadata(min === 0 ? { maxLength: max } : { minLength: min, maxLength: max }),
  );

/** A URL as people give it; whether it is one that may be called, its noun says. */
export const url = text(1, 2_048);

/** A field that may be left out, as in `v.optional`; null says the same. */
export function omittable<S extends v.GenericSchema>(
  schema: S,
): v.NullishSchema<S, () => undefined>;
export function omittable<S extends v.GenericSchema, const D extends v.InferInput<S>>(
  schema: S,
  value: D,
): v.NullishSchema<S, D>;
export function omittable(schema: v.GenericSchema, value?: unknown) {
  return v.nullish(schema, value ?? (() => undefined));
}

/** A whole number in a range. */
export const wholeNumber = (min: number, max: number) =>
  v.pipe(
    v.number(`Must be a whole number from ${min} to ${max}.`),
    v.integer(`Must be a whole number from ${min} to ${max}.`),
    v.minValue(min, `Must be a whole number from ${min} to ${max}.`),
    v.maxValue(max, `Must be a whole number from ${min} to ${max}.`),
  );

/** An id with this prefix. */
export const id = <P extends IdPrefix>(prefix: P) =>
  v.pipe(
    v.string("Must be a string."),
    v.regex(idPattern(prefix), `Must be an id that begins with ${prefix}_.`),
    v.description(`The id of the ${singularOf(prefix)}, which begins with \`${prefix}_\`.`),
    v.examples([`${prefix}_01jd7zq3c8e9v5r2k4m6n8p0ab`]),
    // The pattern has told what a type cannot be told by a regular expression.
  ) as v.GenericSchema<string, Id<P>>;

const singularOf = (prefix: IdPrefix) =>
  Object.values(nouns).find((noun) => noun.prefix === prefix)?.singular ?? "resource";

const anyIdMessage = "Must be an id, such as bot_01jd7zq3c8e9v5r2k4m6n8p0ab.";
/** The id of anything that has one. */
export const anyId = v.pipe(
  v.string(anyIdMessage),
  v.regex(/^[a-z]{2,5}_[0-7][0-9a-hjkmnp-tv-z]{25}$/, anyIdMessage),
);

/** Path parameters `{id}` of one kind. */
export const idParams = <P extends IdPrefix>(prefix: P) => v.object({ id: id(prefix) });

/** `Date` takes the 30th of February for the 2nd of March, and 24:00 for the next day. */
const isOfCalendar = (value: string) => {
  const time = Date.parse(value);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value.slice(0, 19));
};

/** An ISO 8601 time in UTC, milliseconds allowed. */
export const time = v.pipe(
  v.string("Must be a time such as 2026-01-02T03:04:05Z."),
  v.regex(
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/,
    "Must be a time in UTC such as 2026-01-02T03:04:05Z.",
  ),
  v.check(isOfCalendar, "Is no time of the calendar."),
  v.metadata({ format: "date-time" }),
);

/** A day of this century in UTC. */
export const day = v.pipe(
  v.string("Must be a day such as 2026-01-31."),
  v.regex(/^20\d{2}-\d{2}-\d{2}$/, "Must be a day such as 2026-01-31."),
  v.check(isOfCalendar, "Is no day of the calendar."),
  v.metadata({ format: "date" }),
);

/** A time as answers show it. */
export const shownTime = v.pipe(v.string(), v.metadata({ format: "date-time" }));

/** What a DELETE answers: one component for all kinds. */
export const deleted = <P extends IdPrefix>(prefix: P) =>
  v.pipe(
    v.object({
      // The check has told what the pattern leaves open, and the type what it cannot be told by either.
      id: v.pipe(
        anyId,
        v.check((value) => value.startsWith(`${prefix}_`)),
        v.description("The id of what is deleted."),
        v.examples(["bot_01jd7zq3c8e9v5r2k4m6n8p0ab"]),
      ) as v.GenericSchema<string, Id<P>>,
      deleted: v.pipe(v.literal(true), v.description("Always true: it is gone for every reader.")),
    }),
    v.title("Deleted"),
    v.description("The id of what is deleted from now on."),
  );

/** An object of any fields, whatever their names. */
export const freeRecord = allNames(v.record(v.string(), v.unknown()));

/** A free object that can be kept, of at most so many bytes as JSON. */
export const boundedRecord = (bytes: number) =>
  v.pipe(
    freeRecord,
    v.check((value) => !isTooDeep(value), `Must be nested at most ${mostLevels} levels deep.`),
    v.check(
      (value) => isTooDeep(value) || problemOfFreeJson(value, Infinity) === undefined,
      "Has a number that is too large to be kept or would be rounded, so give it as a text, or half of a surrogate pair, which is no text.",
    ),
    v.check(
      // What has a problem cannot always be written as JSON, and its problem is told already.
      (value) =>
        problemOfFreeJson(value, Infinity) !== undefined ||
        problemOfFreeJson(value, bytes) === undefined,
      `Must be at most ${bytes / 1024} KiB as JSON.`,
    ),
  );
