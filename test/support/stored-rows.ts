import { gunzipSync } from "node:zlib";
import { DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { awsConfig } from "#shared/runtime/aws-config";
import type { Key } from "#shared/table/keys";

/** Every row of the started platform's table. */
async function everyRow(): Promise<Record<string, unknown>[]> {
  const client = new DynamoDBClient(awsConfig());
  const TableName = process.env["TABLE_NAME"] ?? "";
  const rows: Record<string, unknown>[] = [];
  for await (const page of paginateScan({ client }, { TableName, ConsistentRead: true })) {
    rows.push(...(page.Items ?? []).map((item) => unmarshall(item)));
  }
  return rows;
}

/** All that can be read in a value: texts, names, and what bytes say, gzipped or plain. */
function readable(value: unknown): string {
  if (value instanceof Uint8Array) {
    const isGzip = value[0] === 0x1f && value[1] === 0x8b;
    return Buffer.from(isGzip ? gunzipSync(value) : value).toString();
  }
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, inner]) => `${name}\n${readable(inner)}`)
    .join("\n");
}

/** The keys of all rows in which a text can be read, idempotency records included. */
export async function rowsWith(text: string): Promise<Key[]> {
  const rows = await everyRow();
  return rows
    .filter((row) => readable(row).includes(text))
    .map(({ pk, sk }) => ({ pk: String(pk), sk: String(sk) }));
}
