import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { awsConfig } from "#shared/runtime/aws-config";
import { env } from "#shared/runtime/env";
import type { Item } from "#shared/table/table";

/** Every row of the started platform's table that begins so: what an erasure must have left nothing of. */
export async function allRows(pkBegins = ""): Promise<Item[]> {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(awsConfig()));
  const rows: Item[] = [];
  for await (const { Items } of paginateScan({ client }, { TableName: env("TABLE_NAME") })) {
    // That rows have a key is what the table is.
    rows.push(...((Items ?? []) as Item[]));
  }
  return rows.filter(({ pk }) => pk.startsWith(pkBegins));
}
