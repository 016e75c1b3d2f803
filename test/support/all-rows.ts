import { DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { awsConfig } from "#shared/runtime/aws-config";
import { env } from "#shared/runtime/env";
import type { Item } from "#shared/table/table";
import { fromWire } from "#shared/table/wire";

/** Every row of the started platform's table that begins so: what an erasure must have left nothing of. */
export async function allRows(pkBegins = ""): Promise<Item[]> {
  const client = new DynamoDBClient(awsConfig());
  const rows: Item[] = [];
  for await (const { Items } of paginateScan({ client }, { TableName: env("TABLE_NAME") })) {
    rows.push(...(Items ?? []).map(fromWire));
  }
  return rows.filter(({ pk }) => pk.startsWith(pkBegins));
}
