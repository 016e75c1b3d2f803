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

/** Where CloudWatch keeps the metrics of a stage's log lines. */
export const metricsNamespaceOf = (stage: string) => `ChatbotPlatform/${stage}`;
