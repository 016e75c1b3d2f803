import { constraintError, validationError } from "../aws-error.ts";
import { type Answer, type Input, readFlag, readInteger, readRecord, readText } from "../wire.ts";
import { checkItem, type EngineItem } from "./attribute-value.ts";
import { ConsumedCapacity, readCapacityDetail, readUnits } from "./capacity.ts";
import { meets } from "./condition.ts";
import type { DynamodbContext } from "./dynamodb-operation.ts";
import { type EngineTable, parseItem, type SizedItem } from "./engine-table.ts";
import { type IndexDefinition, type KeySchema, partsOf } from "./engine-table-definition.ts";
import { checkKeyPart, keyAttributes, maxHashBytes, maxRangeBytes } from "./keys.ts";
import { projected } from "./read-item.ts";
import type { Expressions } from "./request-expressions.ts";

/** Bytes after which a page ends. */
const maxPageBytes = 1_048_576;

/** A row of a table or an index. */
export type PageRow = [size: number, text: string];

/** Its item. */
export const parsed = ([size, text]: PageRow): SizedItem => ({ size, item: parseItem(text) });

/** What a Query or Scan reads: a table or one of its indexes. */
export interface Source {
  readonly table: EngineTable;
  readonly index: IndexDefinition | undefined;
  /** Name of the SQLite table. */
  readonly storage: string;
  /** The key the source is sorted by. */
  readonly key: KeySchema;
  /** That key, and for an index the table's own as well. */
  readonly keys: readonly KeySchema[];
}

/** How a page is cut and shown. */
export interface EnginePageRequest {
  /** Most rows examined. */
  readonly limit: number | undefined;
  readonly expressions: Expressions;
  readonly countOnly: boolean;
}

/** The table or index a request names; consistent reads of an index are refused. */
export function readSource(input: Input, table: EngineTable): Source {
  const { definition } = table;
  const { key } = definition;
  const name = readText(input, "IndexName");
  if (name === undefined) {
    return { table, index: undefined, storage: table.storage, key, keys: [key] };
  }
  const index = definition.indexes.find((candidate) => candidate.name === name);
  const storage = table.storageOf(name);
  if (index === undefined || storage === undefined) {
    throw validationError(`The table does not have the specified index: ${name}`);
  }
  if (readFlag(input, "ConsistentRead") === true) {
    throw validationError("Consistent reads are not supported on global secondary indexes");
  }
  return { table, index, storage, key: index.key, keys: [index.key, key] };
}

/** Reads Limit and Select, and refuses what the source cannot show. */
export function readPageRequest(
  context: DynamodbContext,
  input: Input,
  source: Source,
  expressions: Expressions,
): EnginePageRequest {
  const limit = readInteger(input, "Limit");
  if (limit !== undefined && limit < 1) {
    throw constraintError("limit", limit, "have value greater than or equal to 1");
  }
  const select = readText(input, "Select");
  checkSelect(select, source, expressions.projection !== undefined);
  const { index } = source;
  const hidden = (expressions.projection ?? []).filter(
    ([name]) => index?.projected !== undefined && !index.projected.includes(name),
  );
  if (index !== undefined && hidden.length > 0) {
    throw validationError(
      `One or more parameter values were invalid: Global secondary index ${index.name} does not project [${hidden.map(([name]) => name).join(", ")}]`,
    );
  }
  const most = Math.min(limit ?? Number.POSITIVE_INFINITY, context.batchLimit);
  return {
    limit: Number.isFinite(most) ? most : undefined,
    expressions,
    countOnly: select === "COUNT",
  };
}

function checkSelect(select: string | undefined, source: Source, projects: boolean): void {
  const { index } = source;
  switch (select) {
    case undefined:
      return;
    case "SPECIFIC_ATTRIBUTES":
      if (projects) return;
      throw validationError(
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
      );
    case "COUNT":
    case "ALL_ATTRIBUTES":
    case "ALL_PROJECTED_ATTRIBUTES":
      if (projects) {
        throw validationError(
          `Cannot specify the ProjectionExpression when choosing to get ${select === "COUNT" ? "only the Count" : select}`,
        );
      }
      if (select === "ALL_PROJECTED_ATTRIBUTES" && index === undefined) {
        throw validationError(
          "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
        );
      }
      if (select === "ALL_ATTRIBUTES" && index?.projected !== undefined) {
        throw validationError(
          `One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index ${index.name} because its projection type is not ALL`,
        );
      }
      return;
    default:
      throw constraintError(
        "select",
        select,
        "satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]",
      );
  }
}

/** Reads ExclusiveStartKey: the key attributes of the source and of its table, no more and no less. */
export function readStartKey(input: Input, source: Source): EngineItem | undefined {
  const start = readRecord(input, "ExclusiveStartKey");
  if (start === undefined) return undefined;
  checkItem(start);
  const invalid = "The provided starting key is invalid";
  const names = new Set(source.keys.flatMap(partsOf).map(({ name }) => name));
  if (Object.keys(start).length !== names.size) throw validationError(invalid);
  for (const { hash, range } of source.keys) {
    checkKeyPart(hash, start, maxHashBytes, invalid);
    if (range !== undefined) checkKeyPart(range, start, maxRangeBytes, invalid);
  }
  return start;
}

/** Reads rows until Limit or 1 MB, both before the filter, and answers with them. */
export function answerPage<Row>(
  input: Input,
  source: Source,
  request: EnginePageRequest,
  rows: Iterable<Row>,
  itemOf: (row: Row) => SizedItem,
): Answer {
  const { limit, countOnly, expressions } = request;
  const { filter, projection, values } = expressions;
  const items: EngineItem[] = [];
  let count = 0;
  let scanned = 0;
  let bytes = 0;
  let last: EngineItem | undefined;
  for (const row of rows) {
    const { item, size } = itemOf(row);
    scanned += 1;
    bytes += size;
    if (filter === undefined || meets(filter, item, values)) {
      count += 1;
      if (!countOnly) items.push(projected(item, projection));
    }
    if (scanned === limit || bytes >= maxPageBytes) {
      last = item;
      break;
    }
  }
  return {
    Items: countOnly ? undefined : items,
    Count: count,
    ScannedCount: scanned,
    LastEvaluatedKey: last && keyAttributes(last, source.keys),
    ConsumedCapacity: consumedBy(input, source, bytes),
  };
}

function consumedBy(input: Input, { table, index }: Source, bytes: number): object | undefined {
  const detail = readCapacityDetail(input);
  if (detail === "NONE") return undefined;
  const consumed = new ConsumedCapacity(table.definition.name);
  const units = readUnits(bytes, readFlag(input, "ConsistentRead") === true ? 1 : 0.5);
  if (index === undefined) consumed.add(units);
  else consumed.addIndex(index.name, units);
  return consumed.show(detail);
}

/** Answers from the source as it is, or, where a fault asks for it, as its index was a moment ago. */
export function readAsOf(
  { staleIndexes, staleMilliseconds }: DynamodbContext,
  source: Source,
  read: () => Answer,
): Answer {
  return staleMilliseconds > 0 && source.index !== undefined
    ? staleIndexes.asOf(source.storage, staleMilliseconds, read)
    : read();
}
