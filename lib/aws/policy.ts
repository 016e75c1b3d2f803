import { Aws } from "aws-cdk-lib";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { QueueName } from "#shared/runtime/grants";
import { tableDefinition } from "#shared/table/definition";
import type { Needs } from "../grants.ts";

/** What functions share. */
export interface Resources {
  readonly table: ITable;
  readonly key: IKey;
  readonly bucket: IBucket;
  /** Where the API is reached, without a slash at the end. */
  readonly publicUrl: string;
  /** Throws when no worker reads the queue. */
  readonly queue: (name: QueueName) => IQueue;
}

/** The rights that a function gets for what it needs: single actions on single resources. */
export function statementsFor(needs: Needs, resources: Resources): readonly PolicyStatement[] {
  return [
    ...tableStatements(needs, resources),
    ...queueStatements(needs, resources),
    ...keyStatements(needs, resources),
    ...blobStatements(needs, resources),
    ...modelStatements(needs),
  ];
}

/** The variables that tell a function where the things are that it may use. */
export function environmentFor(needs: Needs, resources: Resources): Record<string, string> {
  const queues = new Set([...needs.sends, ...(needs.receives ? [needs.receives] : [])]);
  return {
    ...(needs.table.length > 0 && { TABLE_NAME: resources.table.tableName }),
    ...(needs.blobs.length > 0 && { BUCKET_NAME: resources.bucket.bucketName }),
    ...(needs.publicUrl && { PUBLIC_URL: resources.publicUrl }),
    ...(needs.key.length > 0 && { KMS_KEY_ID: resources.key.keyArn }),
    ...Object.fromEntries(
      [...queues].map((name) => [
        `QUEUE_URL_${name.toUpperCase()}`,
        resources.queue(name).queueUrl,
      ]),
    ),
  };
}

function tableStatements({ table: operations }: Needs, { table }: Resources) {
  // A transaction needs the rights of its parts and none of its own.
  const whole = operations.filter((operation) => !operation.includes(" "));
  const indexes = tableDefinition.indexes.filter(({ name }) =>
    operations.includes(`Query ${name}`),
  );
  return [
    ...(whole.length > 0
      ? [
          new PolicyStatement({
            actions: whole.map((operation) => `dynamodb:${operation}`),
            resources: [table.tableArn],
          }),
        ]
      : []),
    ...(indexes.length > 0
      ? [
          new PolicyStatement({
            actions: ["dynamodb:Query"],
            resources: indexes.map(({ name }) => `${table.tableArn}/index/${name}`),
          }),
        ]
      : []),
  ];
}

function queueStatements({ sends, receives }: Needs, { queue }: Resources) {
  return [
    ...(sends.length > 0
      ? [
          new PolicyStatement({
            actions: ["sqs:SendMessage"],
            resources: sends.map((name) => queue(name).queueArn),
          }),
        ]
      : []),
    ...(receives
      ? [
          new PolicyStatement({
            actions: [
              "sqs:ChangeMessageVisibility",
              "sqs:DeleteMessage",
              "sqs:GetQueueAttributes",
              "sqs:ReceiveMessage",
            ],
            resources: [queue(receives).queueArn],
          }),
        ]
      : []),
  ];
}

function keyStatements({ key: uses }: Needs, { key }: Resources) {
  if (uses.length === 0) return [];
  // Who makes a data key reads it as well: two may race, and the loser opens the winner's.
  const actions = uses.includes("seal") ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"];
  return [new PolicyStatement({ actions, resources: [key.keyArn] })];
}

const blobActions = { put: "s3:PutObject", read: "s3:GetObject", delete: "s3:DeleteObject" };

/** Single objects, and never a list of them: who has no name of a file finds none. */
function blobStatements({ blobs: uses }: Needs, { bucket }: Resources) {
  if (uses.length === 0) return [];
  const actions = uses.map((use) => blobActions[use]);
  return [new PolicyStatement({ actions, resources: [bucket.arnForObjects("*")] })];
}

/** Which model is called stands in a team's loop or integration, so the right is for all models of the account and for nothing else. */
function modelStatements({ models }: Needs) {
  if (!models) return [];
  return [
    new PolicyStatement({
      actions: ["bedrock:InvokeModel"],
      resources: [
        `arn:${Aws.PARTITION}:bedrock:*::foundation-model/*`,
        `arn:${Aws.PARTITION}:bedrock:*:${Aws.ACCOUNT_ID}:inference-profile/*`,
        `arn:${Aws.PARTITION}:bedrock:*:${Aws.ACCOUNT_ID}:application-inference-profile/*`,
      ],
    }),
  ];
}
