import type { IHttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { QueueName } from "#shared/runtime/grants";
import type { Manifest } from "../../manifest.ts";
import type { Stage } from "../stages.ts";
import type { WorkQueue } from "./work-queue.ts";

/** What alarms and dashboard watch. */
export interface Watched {
  readonly stage: Stage;
  readonly manifest: Manifest;
  readonly queues: ReadonlyMap<QueueName, WorkQueue>;
  readonly table: ITable;
  readonly httpApi: IHttpApi;
}
