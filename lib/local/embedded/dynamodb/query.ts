import { validationError } from "../aws-error.ts";
import type { Database, SqlValue } from "../database.ts";
import { readFlag } from "../wire.ts";
import type { EngineItem } from "./attribute-value.ts";
import type { EngineCondition, Operand } from "./condition-expression.ts";
import type { DocumentPath } from "./document-path.ts";
import type { DynamodbOperation } from "./dynamodb-operation.ts";
import type { ItemRow } from "./engine-table.ts";
import { type KeySchema, partsOf } from "./engine-table-definition.ts";
import { type KeyRange, readKeyRange } from "./key-condition.ts";
import { keyColumn, sameColumn } from "./keys.ts";
import {
  answerPage,
  type PageRow,
  parsed,
  readAsOf,
  readPageRequest,
  readSource,
  readStartKey,
  type Source,
} from "./page.ts";
import { refuseLegacy, requiredText } from "./read-item.ts";
import { readExpressions } from "./request-expressions.ts";

/** Longer answers, and pages with a limit, are read as they are: they would push other rows out of memory. */
const mostKept = 50;

type TableRow = [range: SqlValue, ...ItemRow];

/** Query. */
export const query: DynamodbOperation = {
  writes: false,
  run(context, input) {
    refuseLegacy(input, ["KeyConditions", "QueryFilter", "ConditionalOperator", "AttributesToGet"]);
    const expressions = readExpressions(input, [
      "ProjectionExpression",
      "FilterExpression",
      "KeyConditionExpression",
    ]);
    const { keyCondition, filter, values } = expressions;
    if (keyCondition === undefined) {
      throw validationError(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
      );
    }
    const source = readSource(input, context.catalog.table(requiredText(input, "TableName")));
    const request = readPageRequest(context, input, source, expressions);
    const range = readKeyRange(keyCondition, source.key, values);
    if (filter !== undefined) checkFilter(filter, source.key);
    const start = readStartKey(input, source);
    if (start !== undefined) checkStart(context.database, start, source.key, range);
    const forward = readFlag(input, "ScanIndexForward") ?? true;
    const select = <Row extends readonly SqlValue[]>(columns: string, limit: number | undefined) =>
      rowsOf<Row>(context.database, columns, source, range, start, forward, limit);
    return readAsOf(context, source, () => {
      const { limit } = request;
      const { table, index } = source;
      const { hash } = range;
      if (index === undefined && limit === undefined) {
        const keys = Array.from(select<[SqlValue]>("sk", mostKept + 1), ([sortKey]) => ({
          hash,
          range: sortKey,
        }));
        if (keys.length <= mostKept) {
          const kept = table.keptRows(keys);
          if (kept !== undefined) return answerPage(input, source, request, kept, (row) => row);
          const rows = select<TableRow>("sk, id, size, item", limit);
          return answerPage(input, source, request, rows, ([sortKey, ...row]) =>
            table.keep({ hash, range: sortKey }, row),
          );
        }
      }
      return answerPage(input, source, request, select<PageRow>("size, item", limit), parsed);
    });
  },
};

/** Refuses a filter on the key attributes of what is read. */
function checkFilter(filter: EngineCondition, key: KeySchema): void {
  const names = new Set(pathsOf(filter).map(([name]) => name));
  for (const part of partsOf(key)) {
    if (names.has(part.name)) {
      throw validationError(
        `Filter Expression can only contain non-primary key attributes: Primary key attribute: ${part.name}`,
      );
    }
  }
}

function pathsOf(condition: EngineCondition): DocumentPath[] {
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

function pathsOfOperand(operand: Operand): DocumentPath[] {
  if (operand.kind === "path") return [operand.path];
  return operand.kind === "size" ? pathsOfOperand(operand.of) : [];
}

/** Refuses a page that would begin outside what the query asks for. */
function checkStart(database: Database, start: EngineItem, key: KeySchema, range: KeyRange): void {
  if (!sameColumn(keyColumn(start[key.hash.name] ?? {}), range.hash)) {
    throw validationError(
      "The provided starting key is outside query boundaries based on provided conditions",
    );
  }
  if (range.range === undefined || key.range === undefined) return;
  // SQLite compares here as it does in the query itself.
  const inside = database
    .prepare(
      `SELECT 1 FROM (SELECT ? AS start) WHERE ${range.range.sql.replaceAll("RANGE", "start")}`,
    )
    .get(keyColumn(start[key.range.name] ?? {}), ...range.range.values);
  if (inside === undefined) {
    throw validationError("The provided starting key does not match the range key predicate");
  }
}

function rowsOf<Row extends readonly SqlValue[]>(
  database: Database,
  columns: string,
  source: Source,
  range: KeyRange,
  start: EngineItem | undefined,
  forward: boolean,
  limit: number | undefined,
): Iterable<Row> {
  const [hashColumn, rangeColumn, order] =
    source.index === undefined ? ["pk", "sk", ["sk"]] : ["hk", "rk", ["rk", "pk", "sk"]];
  const values: SqlValue[] = [range.hash];
  let where = `${hashColumn} = ?`;
  if (range.range !== undefined) {
    where += ` AND ${range.range.sql.replaceAll("RANGE", rangeColumn)}`;
    values.push(...range.range.values);
  }
  if (start !== undefined) {
    where += ` AND (${order.join(", ")}) ${forward ? ">" : "<"} (${order.map(() => "?").join(", ")})`;
    values.push(...startColumns(source, start));
  }
  const direction = forward ? "" : " DESC";
  const sql =
    `SELECT ${columns} FROM ${source.storage} WHERE ${where} ` +
    `ORDER BY ${order.map((column) => column + direction).join(", ")}`;
  if (limit === undefined) return database.prepare<Row>(sql).iterate(...values);
  // A bare `LIMIT ?` would be planned anew for each value that it is given.
  return database.prepare<Row>(`${sql} LIMIT ? + 0`).all(...values, limit);
}

/** What the columns after the hash key hold where a page begins. */
export function startColumns(source: Source, start: EngineItem): SqlValue[] {
  const column = (part: KeySchema["range"]): SqlValue =>
    part === undefined ? "" : keyColumn(start[part.name] ?? {});
  const { key } = source.table.definition;
  if (source.index === undefined) return [column(key.range)];
  return [column(source.index.key.range), column(key.hash), column(key.range)];
}
