import { AwsError, constraintError, validationError } from "../aws-error.ts";
import { asRecord, type Input, readText } from "../wire.ts";
import {
  attributeSize,
  checkDepth,
  checkItem,
  type EngineItem,
  itemSize,
} from "./attribute-value.ts";
import { ConsumedCapacity, readCapacityDetail, writeUnits } from "./capacity.ts";
import type { Catalog } from "./catalog.ts";
import { meets } from "./condition.ts";
import type { DynamodbOperation } from "./dynamodb-operation.ts";
import type { EngineTable, IndexChange, SizedItem, StoredItem } from "./engine-table.ts";
import { partsOf } from "./engine-table-definition.ts";
import { checkIndexKeys, keyOfItem, readKey, type StoredKey } from "./keys.ts";
import { refuseLegacy, requiredRecord, requiredText } from "./read-item.ts";
import { type Expressions, readExpressions } from "./request-expressions.ts";
import { touched, updated } from "./update.ts";

/** Most bytes of an item, names included. */
const maxItemBytes = 409_600;

/** The kinds of single writes, also inside a transaction. */
export type WriteKind = "Put" | "Update" | "Delete" | "ConditionCheck";

/** A write that has been read and checked as far as is possible without its item. */
export interface PlannedWrite {
  readonly kind: WriteKind;
  readonly table: EngineTable;
  readonly key: StoredKey;
  readonly expressions: Expressions;
  /** What a Put puts. */
  readonly put: SizedItem | undefined;
  /** The Key as given: an Update of an item that does not exist begins with it. */
  readonly keyItem: EngineItem;
  readonly returnsOldOnFailure: boolean;
}

/** A write with what it found and what it will leave. */
export interface PreparedWrite {
  readonly plan: PlannedWrite;
  readonly stored: StoredItem | undefined;
  readonly after: SizedItem | undefined;
}

/** PutItem. */
export const putItem = singleWrite("Put", ["NONE", "ALL_OLD"]);

/** DeleteItem. */
export const deleteItem = singleWrite("Delete", ["NONE", "ALL_OLD"]);

/** UpdateItem. */
export const updateItem = singleWrite("Update", [
  "NONE",
  "ALL_OLD",
  "UPDATED_OLD",
  "ALL_NEW",
  "UPDATED_NEW",
]);

function singleWrite(kind: WriteKind, returnValues: readonly string[]): DynamodbOperation {
  return {
    writes: true,
    run({ catalog }, input) {
      refuseLegacy(input, ["Expected", "AttributeUpdates", "ConditionalOperator"]);
      const returns = readText(input, "ReturnValues") ?? "NONE";
      if (!returnValues.includes(returns)) {
        throw kind === "Update"
          ? constraintError(
              "returnValues",
              returns,
              "satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]",
            )
          : validationError("ReturnValues can only be ALL_OLD or NONE");
      }
      const detail = readCapacityDetail(input);
      const plan = planWrite(kind, catalog, input);
      const write = prepareWrite(plan);
      const changes = applyWrite(write);
      return {
        Attributes: returned(write, returns),
        ConsumedCapacity:
          detail === "NONE" ? undefined : capacityOfWrite(write, changes).show(detail),
      };
    },
  };
}

function returned(write: PreparedWrite, returns: string): EngineItem | undefined {
  const { stored, after, plan } = write;
  const actions = plan.expressions.update ?? [];
  switch (returns) {
    case "ALL_OLD":
      return stored?.item;
    case "ALL_NEW":
      return after?.item;
    case "UPDATED_OLD":
      return nonEmpty(stored && touched(stored.item, actions));
    case "UPDATED_NEW":
      return nonEmpty(after && touched(after.item, actions));
    default:
      return undefined;
  }
}

const nonEmpty = (item: EngineItem | undefined) =>
  item === undefined || Object.keys(item).length === 0 ? undefined : item;

/** Reads one write and checks everything that does not depend on the stored item. */
export function planWrite(kind: WriteKind, catalog: Catalog, input: Input): PlannedWrite {
  const expressions = readExpressions(
    input,
    kind === "Update" ? ["UpdateExpression", "ConditionExpression"] : ["ConditionExpression"],
  );
  const onFailure = readText(input, "ReturnValuesOnConditionCheckFailure") ?? "NONE";
  if (onFailure !== "NONE" && onFailure !== "ALL_OLD") {
    throw constraintError(
      "returnValuesOnConditionCheckFailure",
      onFailure,
      "satisfy enum value set: [ALL_OLD, NONE]",
    );
  }
  const table = catalog.table(requiredText(input, "TableName"));
  const { definition } = table;
  const returnsOldOnFailure = onFailure === "ALL_OLD";
  if (kind === "Put") {
    const item = checkedItem(requiredRecord(input, "Item"));
    const key = keyOfItem(definition, item);
    const put = { item, size: itemSize(item) };
    if (put.size > maxItemBytes) {
      throw validationError("Item size has exceeded the maximum allowed size");
    }
    return { kind, table, key, expressions, put, keyItem: {}, returnsOldOnFailure };
  }
  const keyItem = requiredRecord(input, "Key");
  const key = readKey(definition, keyItem);
  return {
    kind,
    table,
    key,
    expressions,
    put: undefined,
    keyItem: checkedItem(keyItem),
    returnsOldOnFailure,
  };
}

function checkedItem(item: Record<string, unknown>): EngineItem {
  checkItem(item);
  return item;
}

function checkKeyUntouched({ definition }: EngineTable, { update }: Expressions): void {
  if (update === undefined) return;
  for (const part of partsOf(definition.key)) {
    if (update.some(({ path }) => path[0] === part.name)) {
      throw validationError(
        `One or more parameter values were invalid: Cannot update attribute ${part.name}. This attribute is part of the key`,
      );
    }
  }
}

/**
 * Checks the write against the table's keys, reads the item, checks the condition and works out the new item.
 * In a transaction, the error that it throws becomes the reason of this member. Writes nothing.
 */
export function prepareWrite(plan: PlannedWrite): PreparedWrite {
  const { table, kind, expressions } = plan;
  checkKeyUntouched(table, expressions);
  if (plan.put !== undefined) checkIndexKeys(table.definition, plan.put.item, "put");
  const stored = table.get(plan.key);
  const before = stored?.item;
  if (
    expressions.condition !== undefined &&
    !meets(expressions.condition, before ?? {}, expressions.values)
  ) {
    throw conditionFailed(plan.returnsOldOnFailure ? before : undefined);
  }
  if (kind !== "Update") return { plan, stored, after: plan.put };
  return { plan, stored, after: updatedItem(plan, stored) };
}

const conditionFailed = (item: EngineItem | undefined) =>
  new AwsError(
    "ConditionalCheckFailedException",
    "The conditional request failed",
    400,
    item === undefined ? {} : { Item: item },
  );

function updatedItem(
  { expressions, table, keyItem }: PlannedWrite,
  stored: StoredItem | undefined,
): SizedItem {
  const { update = [], values } = expressions;
  const before = stored?.item ?? keyItem;
  const item = updated(before, update, values);
  for (const { path } of update) checkDepth(path.length);
  checkIndexKeys(table.definition, item, "update");
  let size = stored?.size ?? itemSize(before);
  for (const name of new Set(update.map(({ path }) => path[0]))) {
    size += attributeSize(item, name) - attributeSize(before, name);
  }
  if (size > maxItemBytes) {
    throw validationError("Item size to update has exceeded the maximum allowed size");
  }
  return { item, size };
}

/** Writes what was prepared. */
export function applyWrite({ plan, stored, after }: PreparedWrite): readonly IndexChange[] {
  if (plan.kind === "ConditionCheck") return [];
  return plan.table.write(plan.key, stored, after);
}

/** Units of a write on its own. */
function capacityOfWrite(write: PreparedWrite, changes: readonly IndexChange[]): ConsumedCapacity {
  const capacity = new ConsumedCapacity(write.plan.table.definition.name);
  capacity.add(unitsOf(write));
  capacity.addIndexChanges(changes);
  return capacity;
}

/** Write units of the item as it was or as it is, whichever is larger. */
export const unitsOf = ({ stored, after }: PreparedWrite): number =>
  writeUnits(Math.max(stored?.size ?? 0, after?.size ?? 0));

/** A batch's put or delete as a planned write. */
export function planBatchWrite(catalog: Catalog, table: string, request: Input): PlannedWrite {
  const put = request["PutRequest"];
  const remove = request["DeleteRequest"];
  if (put !== undefined && put !== null) {
    return planWrite("Put", catalog, { TableName: table, Item: asRecord(put)["Item"] });
  }
  return planWrite("Delete", catalog, { TableName: table, Key: asRecord(remove)["Key"] });
}
