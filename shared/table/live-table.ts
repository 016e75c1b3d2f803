import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { awsConfig, trimmed } from "../runtime/aws-config.ts";
import { env } from "../runtime/env.ts";
import { createDynamoTable } from "./dynamo-table.ts";
import type { Table } from "./table.ts";

let table: Table | undefined;

/** The deployment's table, connected at the first call: importing this touches neither environment nor network. */
export function liveTable(): Table {
  table ??= createDynamoTable(
    DynamoDBDocumentClient.from(trimmed(new DynamoDBClient(awsConfig())), {
      marshallOptions: { removeUndefinedValues: true },
    }),
    env("TABLE_NAME"),
  );
  return table;
}
