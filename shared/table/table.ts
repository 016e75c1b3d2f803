import type { Change, Condition } from "./condition.ts";
import type { Key } from "./keys.ts";

/** A row as it is stored. */
export type Item = Readonly<Record<string, unknown>> & Key;

/** One part of a transaction. */
export type Operation =
  | { readonly put: Item; readonly condition?: Condition }
  | { readonly putIfAbsent: Item }
  | {
      readonly update: Key;
      readonly change: Change;
      readonly condition?: Condition;
      /** Only for counters: an update otherwise never creates. */
      readonly mayCreate?: true;
    }
  | { readonly delete: Key; readonly condition?: Condition }
  | { readonly check: Key; readonly condition: Condition };

/** The outcome of a conditional write: done, or refused with the item that stood in the way. */
export type WriteOutcome =
  | { readonly applied: true; readonly item?: Item }
  | { readonly applied: false; readonly item: Item | undefined };

/** The parts of a transaction by name; one that is undefined is left out. */
export type Parts = Readonly<Record<string, Operation | undefined>>;

/** A part whose condition failed, with the item that stood in the way, if one did. */
export interface Refusal {
  readonly item: Item | undefined;
}

/** The outcome of a transaction: done, or refused, with the parts whose condition failed under their own names. */
export type TransactionOutcome<Name extends string> =
  | { readonly applied: true }
  | { readonly applied: false; readonly failed: { readonly [N in Name]?: Refusal } };

/** A question for rows of one partition. */
export interface Query {
  readonly pk: string;
  readonly index?: "listed" | "due";
  /** Sort keys that begin so, or lie between (inclusive), or come before / after. */
  readonly where?:
    | { readonly begins: string }
    | { readonly between: readonly [string, string] }
    | { readonly atMost: number };
  readonly descending?: boolean;
  readonly limit?: number;
  /** The position of the last row that was read. */
  readonly after?: Readonly<Record<string, unknown>>;
  readonly filter?: Condition;
  /** False allows a stale answer at half the price. */
  readonly consistent?: boolean;
}

type NameOf<P> = keyof P & string;

/** The table as the stores see it. Reads are strongly consistent unless they say otherwise. */
export interface Table {
  get(key: Key): Promise<Item | undefined>;
  /** In the order of the keys. */
  batchGet(keys: readonly Key[]): Promise<(Item | undefined)[]>;
  query(
    query: Query,
  ): Promise<{ items: Item[]; last: Readonly<Record<string, unknown>> | undefined }>;
  /** All pages of a query, each read when it is asked for. */
  queryPages(query: Query): AsyncIterable<Item[]>;
  /** All rows of a bounded set. */
  queryAll(query: Query): Promise<Item[]>;
  putIfAbsent(item: Item): Promise<WriteOutcome>;
  put(item: Item, condition: Condition): Promise<WriteOutcome>;
  /** Never creates. `item` is the row as it is now, or the one that refused. */
  update(key: Key, change: Change, condition?: Condition): Promise<WriteOutcome>;
  delete(key: Key, condition?: Condition): Promise<WriteOutcome>;
  /**
   * Up to 100 parts, all or none. Applied once, however often the network loses the answer. `withIt` are parts of
   * another maker; a name that both use throws.
   */
  transact<P extends Parts, W extends Parts = Record<never, never>>(
    parts: P,
    withIt?: W,
  ): Promise<TransactionOutcome<NameOf<P> | NameOf<W>>>;
  /**
   * As `transact`, but a conflict with another transaction is thrown at once: what stood there is then being changed, so
   * a repeat under the same conditions would mostly be refused. For attempts of `overChanges`, which reads anew.
   */
  readonly transactOnce: Table["transact"];
  /** Deletes unconditionally, in batches. */
  deleteAll(keys: readonly Key[]): Promise<void>;
}
