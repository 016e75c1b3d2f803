import { DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { awsConfig, trimmed } from "#shared/runtime/aws-config";
import { env } from "#shared/runtime/env";
import type { Item } from "#shared/table/table";
import { fromWire, toWireKey } from "#shared/table/wire";

/** Every row of the started platform's table that begins so: what an erasure must have left nothing of. */
export async function allRows(pkBegins = ""): Promise<Item[]> {
  const client = trimmed(new DynamoDBClient(awsConfig()));
  // The embedded engine scans in the order of keys, so others' rows need not be read.
  const there = { ExclusiveStartKey: toWireKey({ pk: pkBegins, sk: "\0" }), Limit: 100 };
  const scan = { TableName: env("TABLE_NAME"), ...(pkBegins !== "" && there) };
  const rows: Item[] = [];
  for await (const { Items = [] } of paginateScan({ client }, scan)) {
    for (const row of Items.map(fromWire)) {
      if (!row.pk.startsWith(pkBegins)) return rows;
      rows.push(row);
    }
  }
  return rows;
}
