import { batchGetItem, batchWriteItem } from "./batch.ts";
import type { DynamodbOperation } from "./dynamodb-operation.ts";
import { query } from "./query.ts";
import { getItem } from "./read-item.ts";
import { scan } from "./scan.ts";
import {
  createTable,
  deleteTable,
  describeTable,
  describeTimeToLive,
  listTables,
  updateTimeToLive,
} from "./table-operations.ts";
import { transactGetItems, transactWriteItems } from "./transact.ts";
import { deleteItem, putItem, updateItem } from "./write-item.ts";

/** Every DynamoDB operation the engine has, by its name in X-Amz-Target. */
export const dynamodbOperations: ReadonlyMap<string, DynamodbOperation> = new Map([
  ["GetItem", getItem],
  ["BatchGetItem", batchGetItem],
  ["Query", query],
  ["Scan", scan],
  ["PutItem", putItem],
  ["UpdateItem", updateItem],
  ["DeleteItem", deleteItem],
  ["BatchWriteItem", batchWriteItem],
  ["TransactWriteItems", transactWriteItems],
  ["TransactGetItems", transactGetItems],
  ["CreateTable", createTable],
  ["DescribeTable", describeTable],
  ["DeleteTable", deleteTable],
  ["ListTables", listTables],
  ["UpdateTimeToLive", updateTimeToLive],
  ["DescribeTimeToLive", describeTimeToLive],
]);
