import { firstBytes } from "../runtime/first-bytes.ts";
import type { Sealed } from "../secrets/sealed.ts";

/** Fields of a resource as the API shows them, but for secrets, which are as they are stored. */
export type Fields = Readonly<Record<string, unknown>>;

/** The most bytes of a text. */
const mostOfText = 200;
/** The most bytes of one side, as JSON: both together, and what stands around them, are below 16 KiB. */
const mostOfSide = 7 * 1024;

/**
 * The fields that differ, before and after, as an entry keeps them: masks for secrets, long texts cut, and what is still
 * too long left out with a mark. One side null says that it was not there: then the other has all its fields.
 */
export function whatChanged(
  before: Fields | null,
  after: Fields | null,
): { readonly before: Fields | null; readonly after: Fields | null } {
  const { before: was, after: is } = compared(before ?? {}, after ?? {}, "differing");
  return { before: before && bounded(fieldsOf(was)), after: after && bounded(fieldsOf(is)) };
}

/** Two values as an entry shows them. */
interface Compared {
  readonly isSame: boolean;
  readonly before: unknown;
  readonly after: unknown;
}

/** Compares two values; of objects it gives all fields, or only those that differ. What is undefined is not there. */
function compared(before: unknown, after: unknown, fields: "all" | "differing"): Compared {
  if (isFields(before) && isFields(after)) return comparedFields(before, after, fields);
  if (Array.isArray(before) && Array.isArray(after)) return comparedLists(before, after);
  const isSame = isSameLeaf(before, after);
  const [was, is] = [shown(before), shown(after)];
  const looksSame = !isSame && typeof is === "string" && was === is;
  return { isSame, before: was, after: looksSame ? `${is} (set anew)` : is };
}

function comparedFields(before: Fields, after: Fields, fields: "all" | "differing"): Compared {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const each = names
    .map((name) => [name, compared(own(before, name), own(after, name), fields)] as const)
    .filter(([, { isSame }]) => fields === "all" || !isSame);
  const side = (which: "before" | "after") =>
    Object.fromEntries(
      each.flatMap(([name, one]) => (one[which] === undefined ? [] : [[name, one[which]]])),
    );
  return {
    isSame: each.every(([, { isSame }]) => isSame),
    before: side("before"),
    after: side("after"),
  };
}

/** A list is shown whole when one of its entries differs: alone, nobody would know which one it is. */
function comparedLists(before: readonly unknown[], after: readonly unknown[]): Compared {
  const places = Array.from({ length: Math.max(before.length, after.length) }, (_, place) => place);
  const each = places.map((place) => compared(before[place], after[place], "all"));
  return {
    isSame: each.every(({ isSame }) => isSame),
    before: each.slice(0, before.length).map((one) => one.before),
    after: each.slice(0, after.length).map((one) => one.after),
  };
}

/** A name such as `constructor` is a field only where it was given. */
const own = (fields: Fields, name: string) =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isSealed(value);

const isSealed = (value: unknown): value is Sealed =>
  typeof value === "object" && value !== null && "ciphertext" in value;

const isSameLeaf = (one: unknown, other: unknown) =>
  isSealed(one) && isSealed(other)
    ? Buffer.compare(one.ciphertext, other.ciphertext) === 0
    : one === other;

/** A value on its own, as an entry shows it. */
function shown(value: unknown): unknown {
  if (typeof value === "string") return cut(value);
  if (isSealed(value)) return value.mask;
  if (Array.isArray(value)) return value.map(shown);
  return isFields(value) ? comparedFields(value, value, "all").after : value;
}

function cut(text: string): string {
  const beginning = firstBytes(text, mostOfText);
  return beginning === text
    ? text
    : `${beginning}… (cut: ${Array.from(text).length} characters in all)`;
}

// Fields compared are fields.
const fieldsOf = (value: unknown) => value as Fields;

const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

/** The fields of one side, the longest left out until the rest is short enough. */
function bounded(fields: Fields): Fields {
  const kept = new Map(Object.entries(fields));
  const longest = Object.entries(fields)
    .map(([name, value]) => ({ name, size: sizeOf(value) }))
    .toSorted((one, other) => other.size - one.size);
  for (const { name, size } of longest) {
    if (sizeOf(Object.fromEntries(kept)) <= mostOfSide) break;
    kept.set(name, `(left out: ${size} bytes)`);
  }
  return Object.fromEntries(kept);
}
