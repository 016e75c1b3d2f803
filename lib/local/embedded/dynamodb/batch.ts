import { constraintError, validationError } from "../aws-error.ts";
import { asRecord, type Input, readFlag } from "../wire.ts";
import type { EngineItem } from "./attribute-value.ts";
import { capacityOf, type ConsumedCapacity, consumedOf, readCapacityDetail } from "./capacity.ts";
import type { DynamodbOperation } from "./dynamodb-operation.ts";
import type { EngineTable, StoredItem } from "./engine-table.ts";
import { readKey, sameKey, type StoredKey } from "./keys.ts";
import { consumed, projected, refuseLegacy, requiredRecord } from "./read-item.ts";
import { readExpressions } from "./request-expressions.ts";
import {
  applyWrite,
  planBatchWrite,
  type PreparedWrite,
  prepareWrite,
  unitsOf,
} from "./write-item.ts";

const twiceInOne = "Provided list of item keys contains duplicates";
const maxGets = 100;
const maxWrites = 25;
/** Bytes of an answer after which the rest is left over. */
const maxAnswerBytes = 16 * 1_048_576;

/** BatchGetItem. */
export const batchGetItem: DynamodbOperation = {
  writes: false,
  run({ catalog, batchLimit }, input) {
    const detail = readCapacityDetail(input);
    const { request, tables } = readRequestItems(input);
    const asked = tables.reduce((sum, name) => sum + keysOf(request, name).length, 0);
    if (asked > maxGets) {
      throw validationError("Too many items requested for the BatchGetItem call");
    }
    const responses: Record<string, readonly EngineItem[]> = {};
    const leftovers: Record<string, unknown> = {};
    const capacities: ConsumedCapacity[] = [];
    let bytes = 0;
    let done = 0;
    for (const name of tables) {
      const part = asRecord(request[name]);
      refuseLegacy(part, ["AttributesToGet"]);
      const { projection } = readExpressions(part, ["ProjectionExpression"]);
      const table = catalog.table(name);
      const keys = keysOf(request, name).map((given) => ({
        given,
        table,
        key: readKey(table.definition, asRecord(given)),
      }));
      checkDistinct(keys, twiceInOne);
      const found: (StoredItem | undefined)[] = [];
      const items: EngineItem[] = [];
      const left: unknown[] = [];
      for (const { given, key } of keys) {
        if (bytes >= maxAnswerBytes || done >= batchLimit) {
          left.push(given);
          continue;
        }
        done += 1;
        const stored = table.get(key);
        found.push(stored);
        bytes += stored?.size ?? 0;
        if (stored !== undefined) items.push(projected(stored.item, projection));
      }
      if (left.length > 0) leftovers[name] = { ...part, Keys: left };
      responses[name] = items;
      capacities.push(consumed(name, found, readFlag(part, "ConsistentRead")));
    }
    return {
      Responses: responses,
      UnprocessedKeys: leftovers,
      ConsumedCapacity: consumedOf(capacities, detail),
    };
  },
};

function readRequestItems(input: Input): { request: Input; tables: readonly string[] } {
  const request = requiredRecord(input, "RequestItems");
  const tables = Object.keys(request);
  if (tables.length === 0) throw mustNotBeEmpty("requestItems", {});
  return { request, tables };
}

const mustNotBeEmpty = (field: string, given: unknown) =>
  constraintError(field, JSON.stringify(given ?? null), "have length greater than or equal to 1");

function keysOf(request: Input, table: string): readonly unknown[] {
  const keys = asRecord(request[table])["Keys"];
  if (!Array.isArray(keys) || keys.length === 0) {
    throw mustNotBeEmpty(`requestItems.${table}.member.keys`, keys);
  }
  return keys;
}

/** Refuses, with the message, a request that names an item twice. */
export function checkDistinct(
  named: readonly { readonly table: EngineTable; readonly key: StoredKey }[],
  message: string,
): void {
  // A hundred at most; making one text of each key takes longer than comparing all.
  const twice = named.some(({ table, key }, index) =>
    named.some((other, position) => {
      return position < index && other.table === table && sameKey(other.key, key);
    }),
  );
  if (twice) throw validationError(message);
}

/** BatchWriteItem. */
export const batchWriteItem: DynamodbOperation = {
  writes: true,
  run({ catalog, batchLimit }, input) {
    const detail = readCapacityDetail(input);
    const { request, tables } = readRequestItems(input);
    const requests = tables.flatMap((name) => writesOf(request, name));
    if (requests.length > maxWrites) {
      throw validationError("Too many items requested for the BatchWriteItem call");
    }
    const plans = requests.map(({ name, write }) => planBatchWrite(catalog, name, write));
    checkDistinct(plans, twiceInOne);
    // All are checked before the first is written.
    const writes = plans.slice(0, batchLimit).map(prepareWrite);
    const capacities = new Map<string, ConsumedCapacity>();
    for (const write of writes) applyOne(write, capacities);
    const leftovers: Record<string, unknown[]> = {};
    for (const { name, write } of requests.slice(batchLimit)) (leftovers[name] ??= []).push(write);
    return {
      UnprocessedItems: leftovers,
      ConsumedCapacity: consumedOf(capacities.values(), detail),
    };
  },
};

function writesOf(
  request: Input,
  name: string,
): { name: string; write: Record<string, unknown> }[] {
  const writes = request[name];
  if (!Array.isArray(writes) || writes.length === 0) {
    throw mustNotBeEmpty(`requestItems.${name}.member`, writes);
  }
  return writes.map((member) => {
    const write = asRecord(member);
    const kinds = ["PutRequest", "DeleteRequest"].filter((kind) => write[kind] !== undefined);
    if (kinds.length !== 1) {
      throw validationError(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
      );
    }
    return { name, write };
  });
}

function applyOne(write: PreparedWrite, capacities: Map<string, ConsumedCapacity>): void {
  const changes = applyWrite(write);
  const capacity = capacityOf(capacities, write.plan.table.definition.name);
  capacity.add(unitsOf(write));
  capacity.addIndexChanges(changes);
}
