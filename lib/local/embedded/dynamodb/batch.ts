import { validationError } from "../aws-error.ts";
import { asRecord, type Input, readFlag } from "../wire.ts";
import { json, jsonObject } from "./answer.ts";
import { ConsumedCapacity, readCapacityDetail } from "./capacity.ts";
import { readKey, type StoredKey } from "./keys.ts";
import type { DynamodbOperation } from "./dynamodb-operation.ts";
import { consumed, projectedText, refuseLegacy, requiredRecord } from "./read-item.ts";
import { readExpressions } from "./request-expressions.ts";
import {
  applyWrite,
  planBatchWrite,
  type PreparedWrite,
  prepareWrite,
  unitsOf,
} from "./write-item.ts";
import type { StoredItem } from "./engine-table.ts";

const maxGets = 100;
const maxWrites = 25;
/** Bytes of an answer after which the rest is left over. */
const maxAnswerBytes = 16 * 1_048_576;

/** Identifies an item inside one request. */
export function itemId(table: string, key: StoredKey): string {
  return JSON.stringify([table, key.hash, key.range]);
}

/** BatchGetItem. */
export const batchGetItem: DynamodbOperation = {
  writes: false,
  run({ catalog, batchLimit }, input) {
    const detail = readCapacityDetail(input);
    const request = requiredRecord(input, "RequestItems");
    const tables = Object.keys(request);
    if (tables.length === 0) {
      throw validationError(
        "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
      );
    }
    const asked = tables.reduce((sum, name) => sum + keysOf(request, name).length, 0);
    if (asked > maxGets) {
      throw validationError("Too many items requested for the BatchGetItem call");
    }
    const responses: string[] = [];
    const leftovers: Record<string, unknown> = {};
    const capacities: ConsumedCapacity[] = [];
    let bytes = 0;
    let done = 0;
    for (const name of tables) {
      const part = asRecord(request[name]);
      refuseLegacy(part, ["AttributesToGet"]);
      const { projection } = readExpressions(part, ["ProjectionExpression"]);
      const table = catalog.table(name);
      const keys = keysOf(request, name).map((key) => ({
        given: asRecord(key),
        stored: readKey(table.definition, asRecord(key)),
      }));
      checkDistinct(keys.map(({ stored }) => itemId(name, stored)));
      const found: (StoredItem | undefined)[] = [];
      const texts: string[] = [];
      const left: unknown[] = [];
      for (const { given, stored } of keys) {
        if (bytes >= maxAnswerBytes || done >= batchLimit) {
          left.push(given);
          continue;
        }
        done += 1;
        const item = table.get(stored);
        found.push(item);
        bytes += item?.size ?? 0;
        if (item !== undefined) texts.push(projectedText(item, projection));
      }
      if (left.length > 0) leftovers[name] = { ...part, Keys: left };
      responses.push(`${JSON.stringify(name)}:[${texts.join(",")}]`);
      capacities.push(consumed(name, found, readFlag(part, "ConsistentRead")));
    }
    return jsonObject({
      Responses: `{${responses.join(",")}}`,
      UnprocessedKeys: JSON.stringify(leftovers),
      ConsumedCapacity:
        detail === "NONE" ? undefined : json(capacities.map((capacity) => capacity.show(detail))),
    });
  },
};

function keysOf(request: Input, table: string): readonly unknown[] {
  const keys = asRecord(request[table])["Keys"];
  if (!Array.isArray(keys) || keys.length === 0) {
    throw validationError(
      `1 validation error detected: Value '${JSON.stringify(keys ?? null)}' at 'requestItems.${table}.member.keys' failed to satisfy constraint: Member must have length greater than or equal to 1`,
    );
  }
  return keys;
}

function checkDistinct(ids: readonly string[]): void {
  if (new Set(ids).size !== ids.length) {
    throw validationError("Provided list of item keys contains duplicates");
  }
}

/** BatchWriteItem. */
export const batchWriteItem: DynamodbOperation = {
  writes: true,
  run({ catalog, batchLimit }, input) {
    const detail = readCapacityDetail(input);
    const request = requiredRecord(input, "RequestItems");
    const tables = Object.keys(request);
    if (tables.length === 0) {
      throw validationError(
        "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
      );
    }
    const requests = tables.flatMap((name) => writesOf(request, name));
    if (requests.length > maxWrites) {
      throw validationError("Too many items requested for the BatchWriteItem call");
    }
    const plans = requests.map(({ name, write }) => planBatchWrite(catalog, name, write));
    checkDistinct(plans.map(({ table, key }) => itemId(table.definition.name, key)));
    // All are checked before the first is written.
    const writes = plans.slice(0, batchLimit).map(prepareWrite);
    const capacities = new Map<string, ConsumedCapacity>();
    for (const write of writes) applyOne(write, capacities);
    const leftovers: Record<string, unknown[]> = {};
    for (const { name, write } of requests.slice(batchLimit)) (leftovers[name] ??= []).push(write);
    return jsonObject({
      UnprocessedItems: JSON.stringify(leftovers),
      ConsumedCapacity:
        detail === "NONE"
          ? undefined
          : json([...capacities.values()].map((capacity) => capacity.show(detail))),
    });
  },
};

function writesOf(
  request: Input,
  name: string,
): { name: string; write: Record<string, unknown> }[] {
  const writes = request[name];
  if (!Array.isArray(writes) || writes.length === 0) {
    throw validationError(
      `1 validation error detected: Value '${JSON.stringify(writes ?? null)}' at 'requestItems.${name}.member' failed to satisfy constraint: Member must have length greater than or equal to 1`,
    );
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
  const { name } = write.plan.table.definition;
  const capacity = capacities.get(name) ?? new ConsumedCapacity(name);
  capacities.set(name, capacity);
  const changes = applyWrite(write);
  capacity.add(unitsOf(write));
  capacity.addIndexChanges(changes);
}
