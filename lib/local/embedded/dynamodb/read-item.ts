import { constraintError, validationError } from "../aws-error.ts";
import { type Input, readFlag, readRecord, readText } from "../wire.ts";
import type { EngineItem } from "./attribute-value.ts";
import { ConsumedCapacity, readCapacityDetail, readUnits } from "./capacity.ts";
import type { DocumentPath } from "./document-path.ts";
import type { DynamodbOperation } from "./dynamodb-operation.ts";
import type { StoredItem } from "./engine-table.ts";
import { readKey } from "./keys.ts";
import { readExpressions } from "./request-expressions.ts";
import { project } from "./update.ts";

/** GetItem. */
export const getItem: DynamodbOperation = {
  writes: false,
  run({ catalog }, input) {
    refuseLegacy(input, ["AttributesToGet"]);
    const { projection } = readExpressions(input, ["ProjectionExpression"]);
    const detail = readCapacityDetail(input);
    const table = catalog.table(requiredText(input, "TableName"));
    const stored = table.get(readKey(table.definition, requiredRecord(input, "Key")));
    return {
      Item: stored && projected(stored.item, projection),
      ConsumedCapacity:
        detail === "NONE"
          ? undefined
          : consumed(table.definition.name, [stored], readFlag(input, "ConsistentRead")).show(
              detail,
            ),
    };
  },
};

/** Capacity of reading items one by one. */
export function consumed(
  table: string,
  items: readonly (StoredItem | undefined)[],
  consistent: boolean | undefined,
): ConsumedCapacity {
  const capacity = new ConsumedCapacity(table);
  for (const item of items) capacity.add(readUnits(item?.size ?? 0, consistent ? 1 : 0.5));
  return capacity;
}

/** The item, cut to the projection. */
export const projected = (
  item: EngineItem,
  projection: readonly DocumentPath[] | undefined,
): EngineItem => (projection === undefined ? item : project(item, projection));

/** Refuses the parameters that expressions have replaced: the engine does not have them. */
export function refuseLegacy(input: Input, names: readonly string[]): void {
  const given = names.filter((name) => input[name] !== undefined && input[name] !== null);
  if (given.length > 0) {
    throw validationError(
      `The embedded engine does not support the legacy parameters: {${given.join(", ")}}`,
    );
  }
}

/** A text the request must hold. */
export function requiredText(input: Input, field: string): string {
  const text = readText(input, field);
  if (text === undefined) throw lacking(field);
  return text;
}

/** An object the request must hold. */
export function requiredRecord(input: Input, field: string): Record<string, unknown> {
  const record = readRecord(input, field);
  if (record === undefined) throw lacking(field);
  return record;
}

const lacking = (field: string) =>
  constraintError(field.slice(0, 1).toLowerCase() + field.slice(1), null, "not be null");
