import { hash } from "node:crypto";
import { validationError } from "../aws-error.ts";
import type { Database, SqlValue } from "../database.ts";
import { readInteger } from "../wire.ts";
import { requiredText, refuseLegacy } from "./read-item.ts";
import type { Item } from "./attribute-value.ts";
import { keyColumn } from "./keys.ts";
import type { Operation } from "./operation.ts";
import {
  pageAnswer,
  readPage,
  readPageRequest,
  readSource,
  readStartKey,
  type Source,
  startColumns,
} from "./query.ts";
import { readExpressions } from "./request-expressions.ts";

type ScanRow = [size: number, text: string, hash: SqlValue];

/** Scan, also in segments; for tools, the product has none. */
export const scan: Operation = {
  writes: false,
  run({ catalog, database, staleIndexes, staleMilliseconds }, input) {
    refuseLegacy(input, ["ScanFilter", "ConditionalOperator", "AttributesToGet"]);
    const expressions = readExpressions(input, ["ProjectionExpression", "FilterExpression"]);
    const request = readPageRequest(input, expressions);
    const source = readSource(input, catalog.table(requiredText(input, "TableName")));
    const start = readStartKey(input, source);
    const segments = readInteger(input, "TotalSegments");
    const segment = readInteger(input, "Segment");
    if ((segments === undefined) !== (segment === undefined))
      throw validationError(
        segments === undefined
          ? "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
          : "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
      );
    if (segments !== undefined && segment !== undefined && segment >= segments)
      throw validationError(
        `The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: ${segment} is not less than TotalSegments: ${segments}`,
      );
    const rows = () => inSegment(scanRows(database, source, start), segment ?? 0, segments ?? 1);
    const read = () => readPage(rows(), source, request);
    const page =
      staleMilliseconds > 0 && source.index !== undefined
        ? staleIndexes.asOf(source.storage, staleMilliseconds, read)
        : read();
    return pageAnswer(input, source, page, request);
  },
};

function scanRows(database: Database, source: Source, start: Item | undefined): Iterable<ScanRow> {
  const columns = source.index === undefined ? ["pk", "sk"] : ["hk", "rk", "pk", "sk"];
  const [hashColumn] = columns;
  const values: SqlValue[] = [];
  let where = "";
  if (start !== undefined) {
    const [key] = source.keys;
    where = `WHERE (${columns.join(", ")}) > (${columns.map(() => "?").join(", ")})`;
    values.push(keyColumn(start[key?.hash.name ?? ""] ?? {}), ...startColumns(source, start));
  }
  return database
    .prepare<ScanRow>(
      `SELECT size, item, ${hashColumn} FROM ${source.storage} ${where} ORDER BY ${columns.join(", ")}`,
    )
    .iterate(...values);
}

function* inSegment(
  rows: Iterable<ScanRow>,
  segment: number,
  segments: number,
): Iterable<[number, string]> {
  for (const [size, text, key] of rows)
    if (segments === 1 || segmentOf(key, segments) === segment) yield [size, text];
}

function segmentOf(key: SqlValue, segments: number): number {
  return Number.parseInt(hash("sha1", String(key), "hex").slice(0, 8), 16) % segments;
}
