import { constraintError } from "../aws-error.ts";
import { type Input, readText } from "../wire.ts";
import type { IndexChange } from "./engine-table.ts";

const readUnitBytes = 4_096;
const writeUnitBytes = 1_024;

/** What ReturnConsumedCapacity asks for. */
export type CapacityDetail = "NONE" | "TOTAL" | "INDEXES";

/** Reads ReturnConsumedCapacity. */
export function readCapacityDetail(input: Input): CapacityDetail {
  const detail = readText(input, "ReturnConsumedCapacity") ?? "NONE";
  if (detail === "NONE" || detail === "TOTAL" || detail === "INDEXES") return detail;
  throw constraintError(
    "returnConsumedCapacity",
    detail,
    "satisfy enum value set: [INDEXES, TOTAL, NONE]",
  );
}

/** Units of reading that many bytes; `factor` is 0.5 for an eventually consistent read and 2 in a transaction. */
export const readUnits = (bytes: number, factor: 0.5 | 1 | 2): number =>
  Math.max(1, Math.ceil(bytes / readUnitBytes)) * factor;

/** Units of writing an item of that many bytes (the larger of old and new), before any doubling. */
export const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / writeUnitBytes));

/** The capacity of a table among those of one request. */
export function capacityOf(
  capacities: Map<string, ConsumedCapacity>,
  table: string,
  kind?: "read" | "write",
): ConsumedCapacity {
  let capacity = capacities.get(table);
  if (capacity === undefined) {
    capacity = new ConsumedCapacity(table, kind);
    capacities.set(table, capacity);
  }
  return capacity;
}

/** The ConsumedCapacity of an answer about several tables, undefined when it was not asked for. */
export function consumedOf(
  capacities: Iterable<ConsumedCapacity>,
  detail: CapacityDetail,
): object[] | undefined {
  return detail === "NONE"
    ? undefined
    : Array.from(capacities, (capacity) => capacity.show(detail));
}

/** The units one request used of one table and its indexes. */
export class ConsumedCapacity {
  readonly #table: string;
  readonly #kind: "read" | "write" | undefined;
  #tableUnits = 0;
  readonly #indexUnits = new Map<string, number>();

  /** `kind` is shown in transactions only, as DynamoDB does. */
  constructor(table: string, kind?: "read" | "write") {
    this.#table = table;
    this.#kind = kind;
  }

  add(units: number): void {
    this.#tableUnits += units;
  }

  addIndex(index: string, units: number): void {
    this.#indexUnits.set(index, (this.#indexUnits.get(index) ?? 0) + units);
  }

  /**
   * A moved index entry costs its deletion and its put; one that stays costs one write. A transaction doubles the
   * table's units and not these, as measured on AWS: https://github.com/nubo-db/dynoxide/pull/188
   */
  addIndexChanges(changes: readonly IndexChange[]): void {
    for (const { index, deletedBytes, putBytes } of changes) {
      for (const bytes of [deletedBytes, putBytes]) {
        if (bytes > 0) this.addIndex(index, writeUnits(bytes));
      }
    }
  }

  get total(): number {
    let total = this.#tableUnits;
    for (const units of this.#indexUnits.values()) total += units;
    return total;
  }

  /** The ConsumedCapacity of an answer. */
  show(detail: "TOTAL" | "INDEXES"): Record<string, unknown> {
    const shown: Record<string, unknown> = {
      TableName: this.#table,
      ...this.#units(this.total),
    };
    if (detail === "INDEXES") {
      shown["Table"] = this.#units(this.#tableUnits);
      if (this.#indexUnits.size > 0) {
        shown["GlobalSecondaryIndexes"] = Object.fromEntries(
          [...this.#indexUnits].map(([index, units]) => [index, this.#units(units)]),
        );
      }
    }
    return shown;
  }

  #units(units: number): Record<string, number> {
    if (this.#kind === "read") return { CapacityUnits: units, ReadCapacityUnits: units };
    if (this.#kind === "write") return { CapacityUnits: units, WriteCapacityUnits: units };
    return { CapacityUnits: units };
  }
}
