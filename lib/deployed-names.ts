import { createHash } from "node:crypto";
import type { QueueName } from "#shared/runtime/grants";

/** Whether something can be the name of a stage: it stands in the names of stacks, tables, queues and alarms. */
export const isStageName = (name: string): boolean => /^[a-z0-9][a-z0-9-]{0,39}$/.test(name);

/**
 * The name of a stage's table. Fixed, so that the operator's commands find it without asking, and so that no deployment
 * can put an empty table in its place: CloudFormation refuses to replace what has a name.
 */
export const tableNameOf = (stage: string) => `chatbot-platform-${stage}`;

/** The name of a stage's key, by which it is found again when its stack is gone. */
export const keyAliasOf = (stage: string) => `alias/chatbot-platform-${stage}`;

/** The name of a stage's queue. Fixed, so that the operator's commands find it. */
export const queueNameOf = (stage: string, queue: QueueName) =>
  `chatbot-platform-${stage}-${queue}`;

/** The name of the queue that keeps what a worker could not handle, from that of the worker's own. */
export const deadLettersOf = (queueName: string) => `${queueName}-dead-letters`;

/**
 * The name of a stage's bucket. Names of buckets are the whole world's, so it holds the account and the region, and the
 * most that is left for the stage: 18 characters, of a longer name its beginning and a hash.
 */
export function bucketNameOf(stage: string, account: string, region: string): string {
  const hash = createHash("sha256").update(stage).digest("hex").slice(0, 8);
  const short = stage.length <= 18 ? stage : `${stage.slice(0, 9)}-${hash}`;
  return `chatbot-platform-${short}-${account}-${region}`;
}

/** Where CloudWatch keeps the metrics of a stage's log lines. */
export const metricsNamespaceOf = (stage: string) => `ChatbotPlatform/${stage}`;
