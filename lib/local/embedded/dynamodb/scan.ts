import { hash } from "node:crypto";
import { validationError } from "../aws-error.ts";
import type { Database, SqlValue } from "../database.ts";
import { type Input, readInteger } from "../wire.ts";
import type { EngineItem } from "./attribute-value.ts";
import type { DynamodbOperation } from "./dynamodb-operation.ts";
import { keyColumn } from "./keys.ts";
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
import { startColumns } from "./query.ts";
import { refuseLegacy, requiredText } from "./read-item.ts";
import { readExpressions } from "./request-expressions.ts";

type ScanRow = [size: number, text: string, hash: SqlValue];

interface Segment {
  readonly number: number;
  readonly of: number;
}

/** Scan, also in segments. Only tools and the simulation use it. */
export const scan: DynamodbOperation = {
  writes: false,
  run(context, input) {
    refuseLegacy(input, ["ScanFilter", "ConditionalOperator", "AttributesToGet"]);
    const expressions = readExpressions(input, ["ProjectionExpression", "FilterExpression"]);
    const source = readSource(input, context.catalog.table(requiredText(input, "TableName")));
    const request = readPageRequest(context, input, source, expressions);
    const start = readStartKey(input, source);
    const segment = readSegment(input);
    return readAsOf(context, source, () =>
      answerPage(
        input,
        source,
        request,
        inSegment(rowsOf(context.database, source, start), segment),
        parsed,
      ),
    );
  },
};

function readSegment(input: Input): Segment {
  const of = readInteger(input, "TotalSegments");
  const number = readInteger(input, "Segment");
  if (of === undefined && number === undefined) return { number: 0, of: 1 };
  if (of === undefined) {
    throw validationError(
      "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
    );
  }
  if (number === undefined) {
    throw validationError(
      "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
    );
  }
  if (number >= of) {
    throw validationError(
      `The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: ${number} is not less than TotalSegments: ${of}`,
    );
  }
  return { number, of };
}

function rowsOf(
  database: Database,
  source: Source,
  start: EngineItem | undefined,
): Iterable<ScanRow> {
  const columns = source.index === undefined ? ["pk", "sk"] : ["hk", "rk", "pk", "sk"];
  const values: SqlValue[] = [];
  let where = "";
  if (start !== undefined) {
    where = `WHERE (${columns.join(", ")}) > (${columns.map(() => "?").join(", ")})`;
    values.push(keyColumn(start[source.key.hash.name] ?? {}), ...startColumns(source, start));
  }
  return database
    .prepare<ScanRow>(
      `SELECT size, item, ${columns[0]} FROM ${source.storage} ${where} ORDER BY ${columns.join(", ")}`,
    )
    .iterate(...values);
}

function* inSegment(rows: Iterable<ScanRow>, { number, of }: Segment): Iterable<PageRow> {
  for (const [size, text, key] of rows) {
    if (of === 1 || segmentOf(key, of) === number) yield [size, text];
  }
}

const segmentOf = (key: SqlValue, segments: number) =>
  Number.parseInt(hash("sha1", String(key), "hex").slice(0, 8), 16) % segments;
