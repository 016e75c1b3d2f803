import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { awsConfig, trimmed } from "../runtime/aws-config.ts";
import { env } from "../runtime/env.ts";
import { createDynamoTable } from "./dynamo-table.ts";
import type { Table } from "./table.ts";

let table: Table | undefined;

/** The deployment's table, connected at the first call: importing this touches neither environment nor network. */
export function liveTable(): Table {
  table ??= createDynamoTable(
    // What happens to a command is put together once, not with every call.
    trimmed(new DynamoDBClient({ ...awsConfig(), cacheMiddleware: true })),
    env("TABLE_NAME"),
  );
  return table;
}
