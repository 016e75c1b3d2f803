import { all, type Condition, equals, missing } from "./condition.ts";
import type { Key } from "./keys.ts";
import type { Operation, Refusal } from "./table.ts";

/** A row under which others are made, a limited number of them. */
export interface Parent {
  /** How many were ever made under it; it counts from when it is first written. */
  readonly children_made?: number;
  readonly deleted_at?: string;
}

/** A parent is gone, or another child was made under it since it was read. */
export type NoChild = "gone" | "changed";

/**
 * The part of a transaction that makes a child: refused when the parent is gone, or when another child was made since
 * it was read, or when something else does not hold. So whoever counts the children after reading the parent keeps a limit; to delete one costs nothing.
 */
export const anotherChild = (
  key: Key,
  { children_made }: Parent,
  ...also: Condition[]
): Operation => ({
  update: key,
  change: { set: { children_made: (children_made ?? 0) + 1 } },
  condition: all(
    missing("deleted_at"),
    children_made === undefined ? missing("children_made") : equals("children_made", children_made),
    ...also,
  ),
});

/** Why a child was not made. */
export const whyNoChild = ({ item }: Refusal): NoChild =>
  item === undefined || item["deleted_at"] !== undefined ? "gone" : "changed";
