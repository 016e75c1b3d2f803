import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type ConsumedCapacity,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  ProvisionedThroughputExceededException,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { newToken } from "../runtime/ids.ts";
import { count, timeLeft } from "../runtime/meter.ts";
import { all, type Condition, exists, missing } from "./condition.ts";
import { conditionExpression, Placeholders, updateExpression } from "./expression.ts";
import { keyCondition } from "./key-condition.ts";
import { pauseAfter, tries } from "./pauses.ts";
import type {
  Item,
  Operation,
  Parts,
  Query,
  Table,
  TransactionOutcome,
  WriteOutcome,
} from "./table.ts";
import { namedParts, transactItem } from "./transact-item.ts";
import { fromWire, toWire, toWireKey } from "./wire.ts";

/** Where a single call is throttled, a batch succeeds and returns what is left over. */
const throttled = (message: string) =>
  new ProvisionedThroughputExceededException({ message, $metadata: {} });

const itemOf = (attributes: Record<string, AttributeValue> | undefined) =>
  attributes && fromWire(attributes);

function countCapacity(
  kind: "read" | "write",
  consumed: ConsumedCapacity | ConsumedCapacity[] | undefined,
): void {
  const parts = Array.isArray(consumed) ? consumed : consumed ? [consumed] : [];
  count({ [kind]: parts.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0) });
}

/** Retries what another transaction touched in the same moment; the SDK does not. */
async function overConflicts<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      const isConflict = error instanceof TransactionConflictException;
      if (!isConflict || attempt === tries || timeLeft() <= 0) throw error;
      await pauseAfter(attempt);
    }
  }
}

async function conditional(run: () => Promise<Item | undefined>): Promise<WriteOutcome> {
  try {
    const item = await overConflicts(run);
    return item ? { applied: true, item } : { applied: true };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    count({});
    return { applied: false, item: itemOf(error.Item) };
  }
}

const passing = new Set([
  "None",
  "TransactionConflict",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
]);

/** `transact` without the names of its parts. */
type Untyped = (parts: Parts, withIt?: Parts) => Promise<TransactionOutcome<string>>;

/** The table over DynamoDB: names aliased, conflicts retried, consumed units counted. */
export function createDynamoTable(client: DynamoDBClient, TableName: string): Table {
  const ReturnConsumedCapacity = "TOTAL" as const;

  const query: Table["query"] = async (question) => {
    const { index, descending, limit, after, filter, consistent = true } = question;
    const use = new Placeholders();
    const KeyConditionExpression = keyCondition(question, use);
    const FilterExpression = filter && conditionExpression(filter, use);
    const answer = await client.send(
      new QueryCommand({
        TableName,
        IndexName: index,
        KeyConditionExpression,
        FilterExpression,
        ScanIndexForward: !descending,
        Limit: limit,
        ExclusiveStartKey: after && toWire(after),
        ConsistentRead: index === undefined && consistent,
        ReturnConsumedCapacity,
        ...use.fields(),
      }),
    );
    countCapacity("read", answer.ConsumedCapacity);
    return {
      items: (answer.Items ?? []).map(fromWire),
      last: answer.LastEvaluatedKey && fromWire(answer.LastEvaluatedKey),
    };
  };

  async function* queryPages(question: Query): AsyncGenerator<Item[]> {
    let { after } = question;
    do {
      const { items, last } = await query(after ? { ...question, after } : question);
      yield items;
      after = last;
    } while (after);
  }

  const transactOnce = async (
    named: readonly [string, Operation][],
    ClientRequestToken: string,
  ): Promise<TransactionOutcome<string>> => {
    try {
      const answer = await client.send(
        new TransactWriteItemsCommand({
          TransactItems: named.map(([, operation]) => transactItem(TableName, operation)),
          ClientRequestToken,
          ReturnConsumedCapacity,
        }),
      );
      countCapacity("write", answer.ConsumedCapacity);
      return { applied: true };
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      count({});
      const reasons = error.CancellationReasons ?? [];
      if (reasons.every(({ Code = "None" }) => passing.has(Code))) {
        const message = "Another transaction touched the same items.";
        throw new TransactionConflictException({ message, $metadata: {} });
      }
      const failed = named.flatMap(([name], index) => {
        const { Code, Item } = reasons[index] ?? {};
        return Code === "ConditionalCheckFailed" ? [[name, { item: itemOf(Item) }] as const] : [];
      });
      if (failed.length === 0) throw error;
      return { applied: false, failed: Object.fromEntries(failed) };
    }
  };

  return {
    get: async (key) => {
      const { Item, ConsumedCapacity } = await client.send(
        new GetItemCommand({
          TableName,
          Key: toWireKey(key),
          ConsistentRead: true,
          ReturnConsumedCapacity,
        }),
      );
      countCapacity("read", ConsumedCapacity);
      return itemOf(Item);
    },

    batchGet: async (keys) => {
      const found = new Map<string, Item>();
      for (let start = 0; start < keys.length; start += 100) {
        let open = keys.slice(start, start + 100).map(toWireKey);
        for (let attempt = 0; open.length > 0; attempt++) {
          if (attempt > 0) await pauseAfter(attempt);
          const answer = await client.send(
            new BatchGetItemCommand({
              RequestItems: { [TableName]: { Keys: open, ConsistentRead: true } },
              ReturnConsumedCapacity,
            }),
          );
          countCapacity("read", answer.ConsumedCapacity);
          for (const row of (answer.Responses?.[TableName] ?? []).map(fromWire)) {
            found.set(`${row.pk}\n${row.sk}`, row);
          }
          open = answer.UnprocessedKeys?.[TableName]?.Keys ?? [];
          if (open.length > 0 && attempt === tries) {
            throw throttled("The table left keys of a batch unread.");
          }
        }
      }
      return keys.map(({ pk, sk }) => found.get(`${pk}\n${sk}`));
    },

    query,

    queryPages,

    queryAll: async (question) => {
      const rows: Item[] = [];
      for await (const page of queryPages(question)) rows.push(...page);
      return rows;
    },

    putIfAbsent: (item) => put(item, missing("pk")),
    put: (item, condition) => put(item, condition),

    update: (key, change, condition) =>
      conditional(async () => {
        const use = new Placeholders();
        const UpdateExpression = updateExpression(change, use);
        if (UpdateExpression === undefined) throw new Error("An update changes nothing.");
        const ConditionExpression = conditionExpression(
          condition ? all(exists("pk"), condition) : exists("pk"),
          use,
        );
        const answer = await client.send(
          new UpdateItemCommand({
            TableName,
            Key: toWireKey(key),
            UpdateExpression,
            ConditionExpression,
            ReturnValues: "ALL_NEW",
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
            ReturnConsumedCapacity,
            ...use.fields(),
          }),
        );
        countCapacity("write", answer.ConsumedCapacity);
        return itemOf(answer.Attributes);
      }),

    delete: (key, condition) =>
      conditional(async () => {
        const use = new Placeholders();
        const answer = await client.send(
          new DeleteItemCommand({
            TableName,
            Key: toWireKey(key),
            ConditionExpression: condition && conditionExpression(condition, use),
            ReturnValues: "ALL_OLD",
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
            ReturnConsumedCapacity,
            ...use.fields(),
          }),
        );
        countCapacity("write", answer.ConsumedCapacity);
        return itemOf(answer.Attributes);
      }),

    // Their outcome speaks in the names of the parts, which their entries have lost.
    transact: (async (parts, withIt) => {
      const named = namedParts(parts, withIt);
      const token = newToken();
      return overConflicts(() => transactOnce(named, token));
    }) satisfies Untyped as Table["transact"],
    transactOnce: (async (parts, withIt) =>
      transactOnce(namedParts(parts, withIt), newToken())) satisfies Untyped as Table["transact"],

    deleteAll: async (keys) => {
      for (let start = 0; start < keys.length; start += 25) {
        let open: WriteRequest[] = keys
          .slice(start, start + 25)
          .map((key) => ({ DeleteRequest: { Key: toWireKey(key) } }));
        for (let attempt = 0; open.length > 0; attempt++) {
          if (attempt > 0) await pauseAfter(attempt);
          const answer = await client.send(
            new BatchWriteItemCommand({
              RequestItems: { [TableName]: open },
              ReturnConsumedCapacity,
            }),
          );
          countCapacity("write", answer.ConsumedCapacity);
          open = answer.UnprocessedItems?.[TableName] ?? [];
          if (open.length > 0 && attempt === tries) {
            throw throttled("The table left items of a batch undeleted.");
          }
        }
      }
    },
  };

  function put(item: Item, condition: Condition): Promise<WriteOutcome> {
    return conditional(async () => {
      const use = new Placeholders();
      const ConditionExpression = conditionExpression(condition, use);
      const answer = await client.send(
        new PutItemCommand({
          TableName,
          Item: toWire(item),
          ConditionExpression,
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
          ReturnConsumedCapacity,
          ...use.fields(),
        }),
      );
      countCapacity("write", answer.ConsumedCapacity);
      return undefined;
    });
  }
}
