import { AwsError } from "../aws-error.ts";
import { asRecord, type Input } from "../wire.ts";
import { checkItem } from "./attribute-value.ts";
import type { Catalog } from "./catalog.ts";
import { keyOfItem } from "./keys.ts";
import { requiredRecord, requiredText } from "./read-item.ts";
import { cancelled, readTransactItems } from "./transact.ts";

/** Waits as long as a transaction takes. */
export type TransactionTime = () => Promise<unknown>;

const ongoing = "Transaction is ongoing for the item";

/**
 * The items of transactions that have begun and not ended, and what they refuse until then, as DynamoDB documents it: a
 * put, an update and a delete of such an item, and every transaction that writes, checks or reads one. Plain reads and
 * batches never conflict.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
 */
export class Contention {
  readonly #held = new Set<string>();

  /** Throws what refuses a call because of a transaction that is under way. */
  refuse(catalog: Catalog, operation: string, input: Input): void {
    if (this.#held.size === 0) return;
    if (operation.startsWith("Transact")) {
      const reasons = itemsOf(catalog, input).map((item) =>
        this.#held.has(item) ? { Code: "TransactionConflict", Message: ongoing } : { Code: "None" },
      );
      if (reasons.some(({ Code }) => Code !== "None")) throw cancelled(reasons);
    } else if (/^(?:Put|Update|Delete)Item$/.test(operation)) {
      if (this.#held.has(itemOf(catalog, input))) {
        throw new AwsError("TransactionConflictException", ongoing);
      }
    }
  }

  /** Begins a transaction; gives what ends it. Throws when another is under way on one of its items. */
  begin(catalog: Catalog, input: Input): () => void {
    this.refuse(catalog, "TransactWriteItems", input);
    const items = itemsOf(catalog, input);
    for (const item of items) this.#held.add(item);
    return () => {
      for (const item of items) this.#held.delete(item);
    };
  }
}

const itemsOf = (catalog: Catalog, input: Input) =>
  readTransactItems(input).map((member) =>
    itemOf(catalog, asRecord(Object.values(member).find((part) => part !== undefined))),
  );

/** The name of the item that a request is about. */
function itemOf(catalog: Catalog, input: Input): string {
  const { definition } = catalog.table(requiredText(input, "TableName"));
  const item = requiredRecord(input, input["Item"] === undefined ? "Key" : "Item");
  checkItem(item);
  const key = keyOfItem(definition, item);
  return JSON.stringify([definition.name, key.hash, key.range]);
}
