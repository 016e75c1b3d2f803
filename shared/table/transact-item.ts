import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { all, type Condition, exists, missing } from "./condition.ts";
import { conditionExpression, Placeholders, updateExpression } from "./expression.ts";
import type { Operation, Parts } from "./table.ts";
import { toWire, toWireKey } from "./wire.ts";

/** The parts of all makers in their order. Throws when two have one name: one of them would be lost without a word. */
export function namedParts(...makers: readonly (Parts | undefined)[]): [string, Operation][] {
  const named = new Map<string, Operation>();
  for (const [name, operation] of makers.flatMap((parts) => Object.entries(parts ?? {}))) {
    if (operation === undefined) continue;
    if (named.has(name)) throw new Error(`Two parts of a transaction have the name ${name}.`);
    named.set(name, operation);
  }
  return [...named];
}

/** One part of a transaction as DynamoDB takes it; a refusal brings the item that stood in the way. */
export function transactItem(TableName: string, operation: Operation): TransactWriteItem {
  const use = new Placeholders();
  const guard = (condition: Condition | undefined) => ({
    ...(condition && { ConditionExpression: conditionExpression(condition, use) }),
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
  });
  if ("putIfAbsent" in operation) {
    const rest = guard(missing("pk"));
    return { Put: { TableName, Item: toWire(operation.putIfAbsent), ...rest, ...use.fields() } };
  }
  if ("put" in operation) {
    const rest = guard(operation.condition);
    return { Put: { TableName, Item: toWire(operation.put), ...rest, ...use.fields() } };
  }
  if ("update" in operation) {
    const UpdateExpression = updateExpression(operation.change, use);
    if (UpdateExpression === undefined) {
      throw new Error("An update in a transaction changes nothing.");
    }
    const rest = guard(updateCondition(operation.condition, operation.mayCreate));
    const Key = toWireKey(operation.update);
    return { Update: { TableName, Key, UpdateExpression, ...rest, ...use.fields() } };
  }
  if ("delete" in operation) {
    const rest = guard(operation.condition);
    return { Delete: { TableName, Key: toWireKey(operation.delete), ...rest, ...use.fields() } };
  }
  const ConditionExpression = conditionExpression(operation.condition, use);
  return {
    ConditionCheck: {
      TableName,
      Key: toWireKey(operation.check),
      ConditionExpression,
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      ...use.fields(),
    },
  };
}

function updateCondition(condition: Condition | undefined, mayCreate: true | undefined) {
  if (mayCreate) return condition;
  return condition ? all(exists("pk"), condition) : exists("pk");
}
