import { tableDefinition } from "./definition.ts";
import type { Placeholders } from "./expression.ts";
import type { Query } from "./table.ts";

/** What a query says of the keys of the table or of its index. */
export function keyCondition({ pk, index, where }: Query, use: Placeholders): string {
  const { partitionKey, sortKey } = keysOf(index);
  const skName = sortKey.name;
  const value = partitionKey.type === "N" ? Number(pk) : pk;
  const partition = `${use.name(partitionKey.name)} = ${use.value(value)}`;
  if (!where) return partition;
  if ("begins" in where) {
    if (where.begins === "") return partition;
    return `${partition} AND begins_with(${use.name(skName)}, ${use.value(where.begins)})`;
  }
  if ("atMost" in where) {
    return `${partition} AND ${use.name(skName)} <= ${use.value(where.atMost)}`;
  }
  const [low, high] = where.between;
  return `${partition} AND ${use.name(skName)} BETWEEN ${use.value(low)} AND ${use.value(high)}`;
}

const indexKeys = new Map(tableDefinition.indexes.map((index) => [index.name, index]));
const keysOf = (index: Query["index"]) => (index && indexKeys.get(index)) ?? tableDefinition;
