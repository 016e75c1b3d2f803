import { validationError } from "../aws-error.ts";
import type { Database, SqlValue } from "../database.ts";
import { type Input, readFlag, readInteger, readRecord, readText } from "../wire.ts";
import { json, jsonObject } from "./answer.ts";
import { attribute, checkItem, type Item } from "./attribute-value.ts";
import { ConsumedCapacity, readCapacityDetail, readUnits } from "./capacity.ts";
import { meets } from "./condition.ts";
import type { Condition } from "./condition-expression.ts";
import type { DocumentPath } from "./document-path.ts";
import { readKeyRange } from "./key-condition.ts";
import { keyAttributes, keyColumn } from "./keys.ts";
import type { Operation } from "./operation.ts";
import { refuseLegacy, requiredText } from "./read-item.ts";
import { type Expressions, readExpressions } from "./request-expressions.ts";
import type { Table } from "./table.ts";
import type { IndexDefinition, KeySchema } from "./table-definition.ts";
import { project } from "./update.ts";

/** Bytes after which a page ends. */
const MAX_PAGE_BYTES = 1_048_576;

type PageRow = [size: number, text: string];

/** What a Query or Scan reads: a table or one of its indexes. */
export interface Source {
  readonly table: Table;
  readonly index: IndexDefinition | undefined;
  readonly storage: string;
  /** The key the source is sorted by, and the table's own when that is another. */
  readonly keys: readonly KeySchema[];
}

/** How a page is cut and shown. */
export interface PageRequest {
  readonly limit: number | undefined;
  readonly expressions: Expressions;
  readonly countOnly: boolean;
}

/** One page of rows. */
export interface Page {
  readonly texts: readonly string[];
  readonly count: number;
  readonly scanned: number;
  readonly bytes: number;
  readonly lastKey: Item | undefined;
}

/** Query. */
export const query: Operation = {
  writes: false,
  run({ catalog, database, staleIndexes, staleMilliseconds }, input) {
    refuseLegacy(input, ["KeyConditions", "QueryFilter", "ConditionalOperator", "AttributesToGet"]);
    const expressions = readExpressions(input, [
      "ProjectionExpression",
      "FilterExpression",
      "KeyConditionExpression",
    ]);
    const { keyCondition, values } = expressions;
    if (keyCondition === undefined)
      throw validationError(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
      );
    const request = readPageRequest(input, expressions);
    const source = readSource(input, catalog.table(requiredText(input, "TableName")));
    const [key] = source.keys;
    if (key === undefined) throw new TypeError("a source has a key");
    const range = readKeyRange(keyCondition, key, values);
    checkFilter(expressions.filter, key);
    const start = readStartKey(input, source);
    if (start !== undefined) checkStart(start, key, range.hash);
    const forward = readFlag(input, "ScanIndexForward") ?? true;
    const read = (): Page =>
      readPage(queryRows(database, source, range, start, forward, request.limit), source, request);
    const page =
      staleMilliseconds > 0 && source.index !== undefined
        ? staleIndexes.asOf(source.storage, staleMilliseconds, read)
        : read();
    return pageAnswer(input, source, page, request);
  },
};

/** The table or index a request names; consistent reads of an index are refused. */
export function readSource(input: Input, table: Table): Source {
  const { definition } = table;
  const name = readText(input, "IndexName");
  if (name === undefined)
    return { table, index: undefined, storage: table.storage, keys: [definition.key] };
  const index = definition.indexes.find((candidate) => candidate.name === name);
  const storage = table.storageOf(name);
  if (index === undefined || storage === undefined)
    throw validationError(`The table does not have the specified index: ${name}`);
  if (readFlag(input, "ConsistentRead") === true)
    throw validationError("Consistent reads are not supported on global secondary indexes");
  return { table, index, storage, keys: [index.key, definition.key] };
}

/** Reads Limit and Select. */
export function readPageRequest(input: Input, expressions: Expressions): PageRequest {
  const limit = readInteger(input, "Limit");
  if (limit !== undefined && limit < 1)
    throw validationError(
      `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1`,
    );
  const select = readText(input, "Select");
  if (
    expressions.projection !== undefined &&
    select !== undefined &&
    select !== "SPECIFIC_ATTRIBUTES"
  )
    throw validationError(
      `Cannot specify the ProjectionExpression when choosing to get ${select === "COUNT" ? "only the Count" : select}`,
    );
  return { limit, expressions, countOnly: select === "COUNT" };
}

/** Refuses a filter on the key attributes of what is read. */
function checkFilter(filter: Condition | undefined, key: KeySchema): void {
  if (filter === undefined) return;
  const names = new Set(pathsOf(filter).map(([name]) => name));
  for (const part of [key.hash, key.range])
    if (part !== undefined && names.has(part.name))
      throw validationError(
        `Filter Expression can only contain non-primary key attributes: Primary key attribute: ${part.name}`,
      );
}

function pathsOf(condition: Condition): DocumentPath[] {
  switch (condition.kind) {
    case "and":
    case "or":
      return [...pathsOf(condition.left), ...pathsOf(condition.right)];
    case "not":
      return pathsOf(condition.inner);
    case "compare":
      return [condition.left, condition.right].flatMap(pathsOfOperand);
    case "between":
      return [condition.value, condition.low, condition.high].flatMap(pathsOfOperand);
    case "in":
      return [condition.value, ...condition.choices].flatMap(pathsOfOperand);
    case "test":
      return condition.operands.flatMap(pathsOfOperand);
  }
}

function pathsOfOperand(
  operand: Extract<Condition, { kind: "test" }>["operands"][number],
): DocumentPath[] {
  if (operand.kind === "path") return [operand.path];
  return operand.kind === "size" ? pathsOfOperand(operand.of) : [];
}

/** Reads ExclusiveStartKey: the key attributes of the source and of its table, no more and no less. */
export function readStartKey(input: Input, source: Source): Item | undefined {
  const start = readRecord(input, "ExclusiveStartKey");
  if (start === undefined) return undefined;
  checkItem(start);
  const parts = new Map(
    source.keys.flatMap(({ hash, range }) =>
      [hash, range].flatMap((part) =>
        part === undefined ? [] : [[part.name, part.type] as const],
      ),
    ),
  );
  if (Object.keys(start).length !== parts.size)
    throw validationError("The provided starting key is invalid");
  for (const [name, type] of parts)
    if (attribute(start, name)?.[type] === undefined)
      throw validationError(
        attribute(start, name) === undefined
          ? "The provided starting key is invalid"
          : "The provided starting key is invalid: The provided key element does not match the schema",
      );
  return start;
}

function checkStart(start: Item, key: KeySchema, hash: SqlValue): void {
  const own = keyColumn(start[key.hash.name] ?? {});
  const same =
    own instanceof Uint8Array && hash instanceof Uint8Array
      ? Buffer.compare(own, hash) === 0
      : own === hash;
  if (!same)
    throw validationError(
      "The provided starting key is outside query boundaries based on provided conditions",
    );
}

function queryRows(
  database: Database,
  source: Source,
  range: ReturnType<typeof readKeyRange>,
  start: Item | undefined,
  forward: boolean,
  limit: number | undefined,
): Iterable<PageRow> {
  const [hashColumn, rangeColumn] = source.index === undefined ? ["pk", "sk"] : ["hk", "rk"];
  const order = source.index === undefined ? ["sk"] : ["rk", "pk", "sk"];
  const values: SqlValue[] = [range.hash];
  let where = `${hashColumn} = ?`;
  if (range.range !== undefined) {
    where += ` AND ${range.range.sql.replaceAll("RANGE", rangeColumn ?? "")}`;
    values.push(...range.range.values);
  }
  if (start !== undefined) {
    where += ` AND (${order.join(", ")}) ${forward ? ">" : "<"} (${order.map(() => "?").join(", ")})`;
    values.push(...startColumns(source, start));
  }
  const direction = forward ? "" : " DESC";
  const sql =
    `SELECT size, item FROM ${source.storage} WHERE ${where} ` +
    `ORDER BY ${order.map((column) => column + direction).join(", ")}`;
  if (limit === undefined) return database.prepare<PageRow>(sql).iterate(...values);
  return database.prepare<PageRow>(`${sql} LIMIT ?`).all(...values, limit);
}

/** The columns after the hash key at which a page begins. */
export function startColumns(source: Source, start: Item): SqlValue[] {
  const column = (part: KeySchema["range"]): SqlValue =>
    part === undefined ? "" : keyColumn(start[part.name] ?? {});
  const { key } = source.table.definition;
  if (source.index === undefined) return [column(key.range)];
  return [column(source.index.key.range), column(key.hash), column(key.range)];
}

/** Cuts a page: Limit and 1 MB count rows before the filter. */
export function readPage(rows: Iterable<PageRow>, source: Source, request: PageRequest): Page {
  const { limit, expressions, countOnly } = request;
  const { filter, projection, values } = expressions;
  const texts: string[] = [];
  let count = 0;
  let scanned = 0;
  let bytes = 0;
  let lastText: string | undefined;
  for (const [size, text] of rows) {
    scanned += 1;
    bytes += size;
    lastText = text;
    if (filter === undefined && projection === undefined) {
      count += 1;
      if (!countOnly) texts.push(text);
    } else {
      // Only checked items are stored.
      const item = JSON.parse(text) as Item;
      if (filter === undefined || meets(filter, item, values)) {
        count += 1;
        if (!countOnly)
          texts.push(projection === undefined ? text : JSON.stringify(project(item, projection)));
      }
    }
    if (scanned === limit || bytes >= MAX_PAGE_BYTES) break;
  }
  const full = scanned === limit || bytes >= MAX_PAGE_BYTES;
  return {
    texts,
    count,
    scanned,
    bytes,
    lastKey:
      full && lastText !== undefined
        ? keyAttributes(JSON.parse(lastText) as Item, source.keys)
        : undefined,
  };
}

/** The answer of Query and Scan. */
export function pageAnswer(
  input: Input,
  source: Source,
  page: Page,
  { countOnly }: PageRequest,
): string {
  const detail = readCapacityDetail(input);
  let capacity: string | undefined;
  if (detail !== "NONE") {
    const consumed = new ConsumedCapacity(source.table.definition.name);
    const units = readUnits(page.bytes, readFlag(input, "ConsistentRead") === true ? 1 : 0.5);
    if (source.index === undefined) consumed.add(units);
    else consumed.addIndex(source.index.name, units);
    capacity = json(consumed.show(detail));
  }
  return jsonObject({
    Items: countOnly ? undefined : `[${page.texts.join(",")}]`,
    Count: String(page.count),
    ScannedCount: String(page.scanned),
    LastEvaluatedKey: json(page.lastKey),
    ConsumedCapacity: capacity,
  });
}
