import {
  ChangeMessageVisibilityCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { awsConfig, trimmed } from "../runtime/aws-config.ts";
import { env } from "../runtime/env.ts";
import type { QueueName } from "../runtime/grants.ts";
import { count } from "../runtime/meter.ts";
import type { Queues } from "./queues.ts";

const urlOf = (queue: QueueName) => env(`QUEUE_URL_${queue.toUpperCase()}`);

/** The queues over SQS. */
export function createSqsQueues(client: SQSClient): Queues {
  return {
    send: async (queue, { body, group, delaySeconds }) => {
      count({ queue: 1 });
      await client.send(
        new SendMessageCommand({
          QueueUrl: urlOf(queue),
          MessageBody: JSON.stringify(body),
          MessageGroupId: group,
          DelaySeconds: delaySeconds,
        }),
      );
    },

    sendBatch: async (queue, messages) => {
      count({ queue: 1 });
      const { Failed = [] } = await client.send(
        new SendMessageBatchCommand({
          QueueUrl: urlOf(queue),
          Entries: messages.map(({ body, group, delaySeconds }, index) => ({
            Id: String(index),
            MessageBody: JSON.stringify(body),
            MessageGroupId: group,
            DelaySeconds: delaySeconds,
          })),
        }),
      );
      return Failed.map(({ Id }) => Number(Id));
    },

    setVisibility: async (queue, ReceiptHandle, VisibilityTimeout) => {
      count({ queue: 1 });
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: urlOf(queue),
          ReceiptHandle,
          VisibilityTimeout,
        }),
      );
    },
  };
}

let queues: Queues | undefined;

/** The deployment's queues, connected at the first call. */
export function liveQueues(): Queues {
  queues ??= createSqsQueues(
    trimmed(
      new SQSClient({
        ...awsConfig(),
        // Otherwise the host inside a queue's URL would win over the endpoint that is set.
        useQueueUrlAsEndpoint: false,
        // What happens to a command is put together once, not with every call.
        cacheMiddleware: true,
      }),
    ),
  );
  return queues;
}
