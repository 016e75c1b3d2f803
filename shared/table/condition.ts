/** A condition on one item, as a value. `table.ts` turns it into an expression and aliases every name in it. */
export type Condition =
  | { readonly is: "exists" | "missing"; readonly attribute: string }
  | {
      readonly is: "=" | "<" | "<=" | ">" | ">=";
      readonly attribute: string;
      readonly value: unknown;
    }
  | { readonly is: "below attribute"; readonly attribute: string; readonly other: string }
  | { readonly is: "and" | "or"; readonly parts: readonly Condition[] };

/** The attribute is there. */
export const exists = (attribute: string): Condition => ({ is: "exists", attribute });
/** The attribute is not there. */
export const missing = (attribute: string): Condition => ({ is: "missing", attribute });
/** The attribute has this value. */
export const equals = (attribute: string, value: unknown): Condition => ({
  is: "=",
  attribute,
  value,
});
/** The attribute is less than this. */
export const below = (attribute: string, value: unknown): Condition => ({
  is: "<",
  attribute,
  value,
});
/** The attribute is at most this. */
export const atMost = (attribute: string, value: unknown): Condition => ({
  is: "<=",
  attribute,
  value,
});
/** The attribute is more than this. */
export const above = (attribute: string, value: unknown): Condition => ({
  is: ">",
  attribute,
  value,
});
/** The attribute is at least this. */
export const atLeast = (attribute: string, value: unknown): Condition => ({
  is: ">=",
  attribute,
  value,
});
/** The attribute is less than another attribute. */
export const belowAttribute = (attribute: string, other: string): Condition => ({
  is: "below attribute",
  attribute,
  other,
});
/** All of these hold. */
export const all = (...parts: Condition[]): Condition => ({ is: "and", parts });
/** One of these holds. */
export const either = (...parts: Condition[]): Condition => ({ is: "or", parts });

/** What an update does to an item. */
export interface Change {
  readonly set?: Readonly<Record<string, unknown>>;
  /** Set only what is missing. */
  readonly setIfMissing?: Readonly<Record<string, unknown>>;
  /** Numbers to add; a missing one counts as 0. */
  readonly add?: Readonly<Record<string, number>>;
  readonly remove?: readonly string[];
}

/** Several changes as one. They must not touch the same attribute. */
export const changes = (...parts: readonly Change[]): Change => ({
  set: merged(parts.map(({ set }) => set)),
  setIfMissing: merged(parts.map(({ setIfMissing }) => setIfMissing)),
  add: merged(parts.map(({ add }) => add)),
  remove: parts.flatMap(({ remove }) => remove ?? []),
});

const merged = <T>(all: readonly (Readonly<Record<string, T>> | undefined)[]) =>
  // Its own type knows of two at most.
  Object.assign({}, ...all) as Record<string, T>;
