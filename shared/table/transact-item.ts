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
  const guarded = <C extends string | undefined>(ConditionExpression: C) => ({
    TableName,
    ConditionExpression,
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
    ...use.fields(),
  });
  const when = (condition: Condition | undefined) =>
    guarded(condition && conditionExpression(condition, use));
  if ("putIfAbsent" in operation) {
    return { Put: { Item: toWire(operation.putIfAbsent), ...when(missing("pk")) } };
  }
  if ("put" in operation) {
    return { Put: { Item: toWire(operation.put), ...when(operation.condition) } };
  }
  if ("delete" in operation) {
    return { Delete: { Key: toWireKey(operation.delete), ...when(operation.condition) } };
  }
  if ("check" in operation) {
    const rest = guarded(conditionExpression(operation.condition, use));
    return { ConditionCheck: { Key: toWireKey(operation.check), ...rest } };
  }
  const { update, change, condition, mayCreate } = operation;
  const UpdateExpression = updateExpression(change, use);
  if (UpdateExpression === undefined) {
    throw new Error("An update in a transaction changes nothing.");
  }
  const rest = when(updateCondition(condition, mayCreate));
  return { Update: { Key: toWireKey(update), UpdateExpression, ...rest } };
}

function updateCondition(condition: Condition | undefined, mayCreate: true | undefined) {
  if (mayCreate) return condition;
  return condition ? all(exists("pk"), condition) : exists("pk");
}
